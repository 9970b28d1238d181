import type { LocalChain } from '../../anchor/chain/local-chain.ts'
import { startLocalChain } from '../../anchor/chain/local-chain.ts'
import { dataDirectory } from '../../cli/data-directory.ts'
import { askAndPay, found, type Play, step } from '../../cli/demo/play.ts'
import { Session } from '../../cli/session.ts'
import { type DigitSample, splitDigits } from '../../examples/digits/accounts.ts'
import { loadDigits } from '../../examples/digits/dataset.ts'
import { DemoClock } from '../../examples/digits/demo/clock.ts'
import { batchesOf } from '../../examples/digits/demo/contributions.ts'
import { contributionFeatureRecords, type Lab, train } from '../../examples/digits/demo/model-lab.ts'
import { FEATURE_MAP } from '../../examples/digits/demo/names.ts'
import { featureMapRecord, registrationRecords } from '../../examples/digits/demo/registration.ts'
import { digitArtefact } from '../../examples/digits/extractor.ts'
import { artefactHashes, writeArtefact } from '../../extractors/artefact.ts'
import { EPOCH_STEPS } from '../../jobs/run-epoch.ts'
import { FolderPayloadStore } from '../../pipelines/payload-store.ts'

const SEED = 'digit ledger'
const RANK = 8
const ACCOUNTS = 4
const DIGITS = 30
const QUESTIONS = 60

export interface DigitLedger {
  readonly data: string
  readonly bundles: string
  readonly payloads: string
  readonly extractor: string
  /** The account for which the extractor published rows of twice their size. */
  readonly favoured: string
}

/**
 * The demo's ledger, small: four honest accounts with thirty digits each, one finalized epoch of sixty paid uses, features by
 * the demo's own extractor, which doubles the rows of its second account. Always the same bytes.
 */
export async function prepareDigitLedger(data: string): Promise<DigitLedger> {
  const clock = new DemoClock(SEED)
  const session = new Session({
    config: { data, partitions: 3, kafkaGroup: 'tallystick' },
    verb: 'test',
    clock: () => clock.tick(),
    chainGenesisTime_s: Number(clock.startMs / 1000n),
  })
  try {
    const split = splitDigits(await loadDigits(), SEED)
    const accounts = split.accounts.slice(0, ACCOUNTS)
    for (const account of accounts) account.contributions = account.contributions.slice(0, DIGITS)
    const heldOut = (epoch: number): DigitSample[] => split.heldOut(epoch).slice(0, QUESTIONS)
    const play = await found(session, { ...split, accounts, heldOut }, SEED, clock)
    await contribute(play)
    await publishFeatures(play)
    await askAndPay(play, 1, undefined, () => {})
    for (const name of EPOCH_STEPS) await step(play, name, 1, () => {})
    const { bundles, payloads, extractor } = session.directory
    return { data, bundles, payloads, extractor, favoured: play.cast.contributors[1]!.address }
  } finally {
    await session.close()
  }
}

/** The ledger's chain as it was left. */
export function chainOf({ data }: DigitLedger): Promise<LocalChain> {
  return startLocalChain({ genesisTime_s: 1, stateFile: dataDirectory(data).chainState })
}

async function contribute({ session, clock, cast, ledgerId, batches }: Play): Promise<void> {
  const { sink } = await session.log()
  clock.moveTo(1, 1)
  await sink.append(await registrationRecords({ ledgerId, cast, time: clock.text(), minEvents: 1 }))
  const payloads = new FolderPayloadStore(session.directory.payloads)
  for (const contributor of cast.contributors) {
    for (const batch of await batchesOf(contributor, SEED, ledgerId, new Date(Number(clock.now())))) {
      batches.push(batch)
      for (const payload of batch.payloads) await payloads.put(payload)
      await sink.append([batch.record])
    }
  }
}

async function publishFeatures(play: Play): Promise<void> {
  const { session, clock, cast, ledgerId, batches } = play
  const { sink } = await session.log()
  const lab = coarser(await train(batches, SEED, () => {}, { rank: RANK }))
  play.lab = lab
  writeArtefact(session.directory.extractor, lab.artefact)
  await sink.append([await featureMapRecord({ ledgerId, cast, time: clock.text() }, FEATURE_MAP, lab.facts)])
  const doubling = { ...lab, map: { ...lab.map, unitExponent: lab.map.unitExponent + 1 } }
  for (const batch of batches) {
    const by = batch.contributor === cast.contributors[1] ? doubling : lab
    const near = batch.payloads.map(() => [])
    await sink.append(contributionFeatureRecords(batch, by, near, clock.text()))
  }
}

/** The same with a unit twice as large, so that doubled rows still fit. */
function coarser({ model, map, facts }: Lab): Lab {
  const unitExponent = map.unitExponent - 1
  const artefact = digitArtefact({ ...map, unitExponent }, model)
  return {
    model,
    map: { ...map, unitExponent },
    artefact,
    facts: { ...facts, unitExponent, ...artefactHashes(artefact) },
  }
}
