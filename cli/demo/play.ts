import { setTimeout as sleep } from 'node:timers/promises'
import { deployLocal, mintTestTokens } from '../../anchor/chain/deploy-local.ts'
import { deposit } from '../../anchor/chain/deposit.ts'
import { ledgerIdOf } from '../../anchor/ledger-id.ts'
import { type Promised, voucher } from '../../client/src/voucher.ts'
import type { DigitSplit } from '../../examples/digits/accounts.ts'
import type { Cast } from '../../examples/digits/demo/cast.ts'
import { castOf } from '../../examples/digits/demo/cast.ts'
import { type DemoClock, EPOCH_INTERVAL_S } from '../../examples/digits/demo/clock.ts'
import { batchesOf, type SentBatch } from '../../examples/digits/demo/contributions.ts'
import { contributionFeatureRecords, type Lab, train } from '../../examples/digits/demo/model-lab.ts'
import { FEATURE_MAP, LEDGER_NAME, MODEL, SOURCES } from '../../examples/digits/demo/names.ts'
import { askAll, type Question } from '../../examples/digits/demo/questions.ts'
import { featureMapRecord, registrationRecords } from '../../examples/digits/demo/registration.ts'
import { type Retrained, retrain } from '../../examples/digits/demo/retrain.ts'
import { accuracy } from '../../examples/digits/model.ts'
import { writeArtefact } from '../../extractors/artefact.ts'
import { claimPayouts } from '../../jobs/anchoring/claim-payouts.ts'
import { recordDeposits } from '../../jobs/anchoring/record-deposits.ts'
import type { StepResult } from '../../jobs/epochs.ts'
import { insightsOf } from '../../jobs/insights/insights.ts'
import { readGenesis } from '../../jobs/ledger.ts'
import { type EpochStep, runStep, type StepContext } from '../../jobs/run-epoch.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { type Address, toAddress } from '../../schemas/ids.ts'
import { foundLedger } from '../found-ledger.ts'
import type { Session } from '../session.ts'
import { NearPairs } from './near-pairs.ts'

export type Say = (text: string) => void

const APPEND_RECORDS = 250
/** A first deposit that covers an epoch's fees: 2,501 uses at less than .03 each. */
const DEPOSIT_ATOMS = 80_000_000n
const QUESTIONS_OFFSET_S = 1_200
const BROKER_PAUSE_MS = 5
/** So long after the end of an epoch the demo's clock stands when it is closed. */
const AFTER_END_S = 60

/** Where a demo is played: a ledger, its chain, its time, and those who are there from the beginning. */
export interface Stage {
  readonly session: Session
  readonly seed: string
  readonly clock: DemoClock
  /** A real broker keeps the time of the records, and the demo's clock only that of the events and the chain. */
  readonly onBroker: boolean
  readonly cast: Cast
  readonly token: Address
  readonly ledgerId: Uint8Array
  /** What the customer has signed for so far. */
  promised: Promised | undefined
}

/** The demo on its way: what each act leaves for the next. */
export interface Play extends Stage {
  readonly split: DigitSplit
  readonly batches: SentBatch[]
  readonly questions: Question[]
  lab: Lab | undefined
}

/** Act 1: a chain with a contract, a ledger founded on it, ten accounts with their digits. */
export async function found(session: Session, split: DigitSplit, seed: string, clock: DemoClock): Promise<Play> {
  const cast = castOf(seed, split.accounts)
  const stage = await foundStage(session, { cast, seed, clock, name: LEDGER_NAME })
  return { ...stage, split, batches: [], questions: [], lab: undefined }
}

/** A chain with a contract and a test dollar, and a ledger founded on it. */
export async function foundStage(
  session: Session,
  { cast, seed, clock, name }: Pick<Stage, 'cast' | 'seed' | 'clock'> & { readonly name: string },
): Promise<Stage> {
  const chain = await session.chain()
  const store = await session.transactions()
  const proposer = toAddress(chain.proposer.address)
  const deployed = await deployLocal({ connection: chain.connection, store, account: chain.deployer! }, { proposer })
  const token = toAddress(deployed.token)
  foundLedger(session, {
    name,
    operator: cast.operator.address,
    deployment: {
      chainId: chain.connection.entry.chainId,
      distributor: toAddress(deployed.distributor),
      token,
      fromBlock: deployed.fromBlock.toString(),
    },
  })
  const ledgerId = ledgerIdOf(readGenesis(session.directory.genesis))
  const onBroker = session.config.kafkaBrokers !== undefined
  return { session, seed, clock, onBroker, cast, token, ledgerId, promised: undefined }
}

/** Act 2: sources, assets and the policy are registered; everybody contributes in signed batches. */
export async function contributeAll(play: Play, say: Say): Promise<string> {
  const { clock, cast, ledgerId, seed } = play
  clock.moveTo(1, 1)
  await send(play, await registrationRecords({ ledgerId, cast, time: clock.text() }))
  const payloads = new FolderPayloadStore(play.session.directory.payloads)
  for (const [index, contributor] of cast.contributors.entries()) {
    clock.moveTo(1, 60 * (index + 1))
    for (const batch of await batchesOf(contributor, seed, ledgerId, new Date(Number(clock.now())))) {
      play.batches.push(batch)
      for (const payload of batch.payloads) await payloads.put(payload)
      // The copier writes into partition 0 and its victim does not: whoever read by partition would pay the copy.
      const partition = contributor.role === 'copier' ? 0 : 1 + (index % 2)
      const { sink } = await play.session.log()
      await sink.append([{ ...batch.record, partition }])
    }
    say(`${contributor.name}: ${contributor.digits.contributions.length} digits`)
    // Whoever contributes later does so by a later millisecond, also where the broker's clock decides.
    await sleep(play.onBroker ? BROKER_PAUSE_MS : 0)
  }
  const items = play.batches.reduce((sum, batch) => sum + batch.payloads.length, 0)
  return `${items} digits from ${cast.contributors.length} accounts in ${play.batches.length} signed batches`
}

/** Act 3: the model is trained on everything; its features are recorded as events. */
export async function trainAndRecord(play: Play, say: Say): Promise<string> {
  const { clock, cast, ledgerId, seed } = play
  const lab = await train(play.batches, seed, say)
  play.lab = lab
  writeArtefact(play.session.directory.extractor, lab.artefact)
  clock.moveTo(1, 900)
  await send(play, [await featureMapRecord({ ledgerId, cast, time: clock.text() }, FEATURE_MAP, lab.facts)])
  const nearPairs = new NearPairs(lab)
  for (const batch of play.batches) {
    say(`features of ${batch.contributor.name}, and what they are near`)
    await send(play, contributionFeatureRecords(batch, lab, nearPairs.add(batch), clock.text()))
  }
  const right = accuracy(lab.model, play.split.heldOut(0))
  return `it reads ${(right * 100).toFixed(1)} % of digits right that nobody contributed`
}

/** Act 4, each epoch: a customer deposits, signs a voucher for as much, and pays for every digit read. */
export async function askAndPay(play: Play, epoch: number, yours: Uint8Array | undefined, say: Say): Promise<string> {
  const { clock, cast, seed, token } = play
  clock.moveTo(epoch, QUESTIONS_OFFSET_S)
  await depositFor(play, epoch)
  const samples: { image: Uint8Array; label?: number }[] = play.split
    .heldOut(epoch - 1)
    .map(({ image, label }) => ({ image, label }))
  if (yours !== undefined && epoch === 1) samples.unshift({ image: yours })
  const now = new Date(Number(clock.now()))
  const cited = await signVoucher(play, MODEL, epoch, now)
  const payer = cast.payer.address
  const questions = askAll(samples, { lab: play.lab!, seed, epoch, payer, token, voucher: cited, now })
  play.questions.push(...questions)
  const payloads = new FolderPayloadStore(play.session.directory.payloads)
  for (let at = 0; at < questions.length; at += APPEND_RECORDS) {
    const part = questions.slice(at, at + APPEND_RECORDS)
    for (const { salt, image } of part) await payloads.put({ salt, payload: image })
    await send(
      play,
      part.flatMap((question) => question.records),
    )
    say(`${at + part.length} of ${questions.length} paid uses`)
  }
  const fees = questions.reduce((sum, question) => sum + question.fee, 0n)
  return `${questions.length} digits read for ${(Number(fees) / 1e6).toFixed(2)} tUSD`
}

/** @returns the sequence that uses cite */
export async function signVoucher(play: Stage, model: string, epoch: number, now: Date): Promise<bigint> {
  const { ledgerId, token } = play
  const { record, promised } = await voucher({
    ...{ ledgerId, signer: play.cast.payer.signer, source: SOURCES.gateway, model, token, now },
    ...{ amount: DEPOSIT_ATOMS, id: `voucher/${epoch}` },
    ...(play.promised === undefined ? {} : { after: play.promised }),
  })
  play.promised = promised
  await send(play, [record])
  return promised.sequence
}

/** A deposit of the customer, which covers an epoch's fees. */
export async function depositFor(play: Stage, epoch: number): Promise<void> {
  const { session, cast, token } = play
  const chain = await session.chain()
  const store = await session.transactions()
  const deployer = { connection: chain.connection, store, account: chain.deployer! }
  const to = chain.deployer!.address
  await mintTestTokens(deployer, { intent: `demo/mint/${epoch}`, token, to, amount_atoms: DEPOSIT_ATOMS })
  const at = await session.distributor()
  const order = { intent: `demo/deposit/${epoch}`, token, amount_atoms: DEPOSIT_ATOMS, payer: cast.payer.address }
  await deposit({ ...deployer, distributor: at.distributor }, order)
  await recordDeposits({
    ledger: await session.ledger(),
    chain: at,
    sink: (await session.log()).sink,
    source: SOURCES.watcher,
    fromBlock: 0n,
    time: play.clock.text(),
  })
}

/** Act 5: a step of the epoch. Before finalizing, the local chain's time is moved past the delay. */
export async function step(play: Stage, name: EpochStep, epoch: number, say: Say): Promise<string> {
  if (name === 'close') play.clock.moveTo(epoch + 1, AFTER_END_S)
  if (name === 'finalize') await (await play.session.chain()).local?.advanceTime(EPOCH_INTERVAL_S + 1)
  const result: StepResult = await runStep(name, await stepContext(play, say))
  if (result.did !== 'done') throw new Error(`The demo expected ${name} to be done, but: ${result.detail}`)
  return result.detail
}

async function stepContext(play: Stage, say: Say): Promise<StepContext> {
  const { session, clock, onBroker } = play
  return {
    ledger: await session.ledger(),
    ...(await session.log()),
    clock: onBroker ? () => BigInt(Date.now()) : () => clock.now(),
    cutNow: onBroker,
    bundles: session.directory.bundles,
    log: { ...session.logPlaces(), operator: play.cast.operator.signer },
    chain: () => session.distributor(),
    onProgress: say,
  }
}

/** Act 6: everybody with an amount claims it. @returns account → claimed in all */
export async function claimAll(play: Stage, say: Say): Promise<Map<Address, bigint>> {
  const ledger = await play.session.ledger()
  const chain = await play.session.distributor()
  const claimed = new Map<Address, bigint>()
  const rows = await ledger.warehouse.all<{ account: Address }>(
    'SELECT DISTINCT account FROM account_total WHERE cumulative > 0 ORDER BY account',
  )
  for (const { account } of rows) {
    say(account)
    for (const { cumulative } of await claimPayouts({ ledger, chain, account })) claimed.set(account, cumulative)
  }
  return claimed
}

/** So few digits judge nothing. */
const JUDGES_MIN = 500

/** Act 7: the model without the contributions that hurt it. @returns undefined when too few digits are left to judge by */
export async function dropWhatHurts(play: Play, epochs: number, say: Say): Promise<Retrained | undefined> {
  const judges = play.split.unasked(epochs)
  if (judges.length < JUDGES_MIN) return undefined
  const { warehouse } = await play.session.ledger()
  const items = play.batches.reduce((sum, batch) => sum + batch.payloads.length, 0)
  const { periods } = await insightsOf(warehouse, MODEL, items)
  return retrain(play.batches, play.lab!, periods[0]?.hurting ?? [], judges, play.seed, say)
}

export async function send(play: Stage, records: readonly OutgoingRecord[]): Promise<void> {
  const { sink } = await play.session.log()
  for (let at = 0; at < records.length; at += APPEND_RECORDS) {
    await sink.append(records.slice(at, at + APPEND_RECORDS))
    await sleep(0) // lets the progress line appear
  }
}
