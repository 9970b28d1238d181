import { mintTestTokens } from '../../../anchor/chain/deploy-local.ts'
import { deposit } from '../../../anchor/chain/deposit.ts'
import { type Promised, voucher } from '../../../client/src/voucher.ts'
import type { DigitSample } from '../../../examples/digits/accounts.ts'
import { type Actor, actorOf } from '../../../examples/digits/demo/cast.ts'
import type { Lab } from '../../../examples/digits/demo/model-lab.ts'
import { FEATURE_MAP, MODEL, SOURCES } from '../../../examples/digits/demo/names.ts'
import { askAll } from '../../../examples/digits/demo/questions.ts'
import { STREET_MAP, STREET_MODEL } from '../../../examples/digits/story/names.ts'
import { recordDeposits } from '../../../jobs/anchoring/record-deposits.ts'
import { FolderPayloadStore } from '../../../pipelines/payload-store.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { NearPairs } from '../near-pairs.ts'
import { type Play, send } from '../play.ts'

/** Everybody in the story who is not in the demo. */
export interface Others {
  /** Fine-tunes a model of others. */
  readonly studio: Actor
  /** An agent with an account of its own, and whoever made it. */
  readonly clerk: Actor
  readonly developer: Actor
  readonly investor: Actor
  readonly pensionFund: Actor
  /** Comes to own a half of the gateway. */
  readonly partner: Actor
}

/** One thing that happened, for people. */
export interface Told {
  readonly epoch: number
  readonly event: string
  readonly detail: string
}

/** The story on its way. */
export interface Year {
  readonly play: Play
  readonly others: Others
  /** By model. */
  readonly labs: Map<string, Lab>
  readonly nearPairs: Map<string, NearPairs>
  /** By payer and model: what was signed for so far. */
  readonly promised: Map<string, Promised>
  readonly told: Told[]
  /** Uses of models without an agent. */
  readonly asked: { readonly epoch: number; readonly id: string }[]
  /** Whether the agent is at work. */
  hasAgent: boolean
  /** What was removed of whoever wanted to be erased. */
  erased: string
}

export const MAPS: Readonly<Record<string, string>> = { [MODEL]: FEATURE_MAP, [STREET_MODEL]: STREET_MAP }

export function othersOf(seed: string): Others {
  const actor = (name: string, role: string) => actorOf(seed, name, role)
  return {
    studio: actor('Studio', 'model'),
    clerk: actor('Postal clerk', 'agent'),
    developer: actor('Developer', 'agent'),
    investor: actor('Investor', 'investor'),
    pensionFund: actor('Pension fund', 'investor'),
    partner: actor('Partner', 'infrastructure'),
  }
}

export function tell(year: Year, epoch: number, event: string, detail: string): void {
  year.told.push({ epoch, event, detail })
}

export function nowOf({ play }: Year): Date {
  return new Date(Number(play.clock.now()))
}

export function sendAll({ play }: Year, records: readonly OutgoingRecord[]): Promise<void> {
  return send(play, records)
}

/** Puts money onto the ledger's contract, for a payer, and records that it came. */
export async function depositFor({ play }: Year, payer: Actor, amount_atoms: bigint, name: string): Promise<void> {
  const { session, token } = play
  const chain = await session.chain()
  const store = await session.transactions()
  const deployer = { connection: chain.connection, store, account: chain.deployer! }
  await mintTestTokens(deployer, { intent: `story/mint/${name}`, token, to: deployer.account.address, amount_atoms })
  const at = await session.distributor()
  const order = { intent: `story/deposit/${name}`, token, amount_atoms, payer: payer.address }
  await deposit({ ...deployer, distributor: at.distributor }, order)
  await recordDeposits({
    ...{ ledger: await session.ledger(), chain: at, sink: (await session.log()).sink },
    ...{ source: SOURCES.watcher, fromBlock: 0n, time: play.clock.text() },
  })
}

/** Signs for `amount_atoms` more of a model. @returns the sequence that uses cite */
export async function promise(year: Year, payer: Actor, model: string, amount_atoms: bigint): Promise<bigint> {
  const { ledgerId, token } = year.play
  const key = `${payer.name}/${model}`
  const after = year.promised.get(key)
  const { record, promised } = await voucher({
    ...{ ledgerId, signer: payer.signer, source: SOURCES.gateway, model, token, amount: amount_atoms },
    ...{ id: `voucher/${key}/${(after?.sequence ?? 0n) + 1n}`, now: nowOf(year) },
    ...(after && { after }),
  })
  year.promised.set(key, promised)
  await sendAll(year, [record])
  return promised.sequence
}

const APPEND_QUESTIONS = 100

/** Paid uses of a model, each with its features. */
export async function ask(
  year: Year,
  epoch: number,
  { payer, model, samples, series = '' }: { payer: Actor; model: string; samples: DigitSample[]; series?: string },
): Promise<{ readonly fees: bigint }> {
  const { play } = year
  const worst = BigInt(samples.length) * 30_000n
  const cited = await promise(year, payer, model, worst)
  const questions = askAll(samples, {
    ...{ lab: year.labs.get(model)!, seed: play.seed, epoch, payer: payer.address, token: play.token },
    ...{ voucher: cited, now: nowOf(year), model, featureMap: MAPS[model]!, series: `/${model}${series}` },
  })
  if (model === MODEL) play.questions.push(...questions)
  for (const { id } of questions) year.asked.push({ epoch, id })
  const payloads = new FolderPayloadStore(play.session.directory.payloads)
  for (const { salt, image } of questions) await payloads.put({ salt, payload: image })
  for (let at = 0; at < questions.length; at += APPEND_QUESTIONS)
    await sendAll(
      year,
      questions.slice(at, at + APPEND_QUESTIONS).flatMap(({ records }) => records),
    )
  return { fees: questions.reduce((sum, { fee }) => sum + fee, 0n) }
}
