import { describe, expect, test } from '@jest/globals'
import type { Manifest } from '../../anchor/manifest.ts'
import { explain } from '../../jobs/statement/explain.ts'
import type { NewRecord, PartitionOffset } from '../../pipelines/record-source.ts'
import type { OutgoingRecord } from '../../schemas/encode-record.ts'
import { type CorrectionHappening, CorrectionsOracle, keyOf, type Now } from '../oracle/economy/corrections.ts'
import { addressOf, type Name } from '../support/ledger/cast.ts'
import { type Random, randomOf } from '../support/ledger/random-features.ts'
import { SOURCES } from '../support/ledger/records.ts'
import { SmallLedger } from '../support/ledger/small-ledger.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 5
const HAPPENINGS = 28
const { seed } = runs(1)
/** Everything that the last test asks for happens in the first two. */
const seeds = [31, 32, seed]

const OTHER_GATEWAY = 'urn:other-gateway'
const GATEWAYS = [SOURCES.gateway, SOURCES.gateway, OTHER_GATEWAY]
const LICENSED = 'poems'
const MODELS = ['reader', LICENSED]
const PAYERS: readonly Name[] = ['payer', 'stranger']
const OUTSIDE_WAIT = 2
const ALL_TO_THE_MODEL = { dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0 }
const DAY_MS = 86_400_000

/** A ledger and the oracle, side by side. */
class Pair {
  readonly ledger: SmallLedger
  readonly oracle = new CorrectionsOracle(
    LICENSED,
    new Map([
      ['reader', 'partner'],
      [LICENSED, 'alice'],
    ]),
    OUTSIDE_WAIT,
  )
  readonly #random: Random
  readonly #positions: PartitionOffset[] = []
  readonly #uses: { readonly id: string; readonly source: string; readonly fee: bigint }[] = []
  #made = 0

  constructor(ledger: SmallLedger, random: Random) {
    this.ledger = ledger
    this.#random = random
  }

  async found(): Promise<void> {
    const { records } = this.ledger
    await this.ledger.found({ ...ALL_TO_THE_MODEL, outsideWaitEpochs: OUTSIDE_WAIT })
    await this.ledger.send(
      await records.source(OTHER_GATEWAY, ['InferenceRecorded', 'CorrectionRecorded']),
      await records.asset(LICENSED, 'model', { alice: 1_000_000 }, { body: { access: 'licensed' } }),
      ...(await records.vouchers(LICENSED)),
    )
  }

  async runEpoch(epoch: number): Promise<Manifest> {
    for (let index = 0; index < HAPPENINGS; index++) {
      const what = this.#next(epoch)
      this.oracle.add(epoch, what)
      const [position] = await this.ledger.send(await this.#recordOf(what))
      this.#positions.push(position!)
    }
    this.oracle.decide(epoch)
    const manifest = await this.ledger.runEpoch()
    this.oracle.cuts.set(epoch, BigInt(manifest.cut.timeMs))
    return manifest
  }

  #next(epoch: number): CorrectionHappening {
    const random = this.#random
    const payer = PAYERS[random(PAYERS.length)]!
    const kind = random(20)
    if (kind < 2) return { kind: 'deposit', payer, amount: BigInt(random(6_000)) }
    if (kind < 11 || this.#uses.length === 0) return this.#use(payer)
    if (kind < 18) return this.#correction()
    if (kind < 19) return { kind: 'grant', coversFrom: 1 + random(epoch) }
    // Mostly by one who may not: an epoch without uses shows nothing.
    const by = random(2) === 0 && epoch > 2 ? (['partner', 'alice'] as const)[random(2)]! : 'modeller'
    return { kind: 'retire', model: MODELS[random(MODELS.length)]!, by }
  }

  #use(payer: Name): CorrectionHappening {
    const random = this.#random
    const [id, source] = [`use ${this.#made++}`, GATEWAYS[random(GATEWAYS.length)]!]
    const fee = BigInt([0, random(50), random(1_000), random(3_000)][random(4)]!)
    this.#uses.push({ id, source, fee })
    const timeMs = this.ledger.nowMs - BigInt(random(DAY_MS / 6))
    const model = MODELS[random(MODELS.length)]!
    return { kind: 'use', id, source, model, payer, fee, isPromised: random(8) > 0, timeMs }
  }

  /** Mostly of one of the last uses; now and then of one that comes later in the log, or never. */
  #correction(): CorrectionHappening {
    const random = this.#random
    const { id, source, fee } = this.#uses.slice(-20)[random(Math.min(20, this.#uses.length))]!
    const now: Now = random(5) === 0 ? 'void' : [0n, fee / 2n, fee, fee + 1n, fee / 3n][random(5)]!
    const of = random(12) === 0 ? OTHER_GATEWAY : source
    const named = random(10) === 0 ? `use ${this.#made}` : id
    return { kind: 'correct', id: named, of, source: random(10) === 0 ? SOURCES.gateway : of, now }
  }

  async #recordOf(what: CorrectionHappening): Promise<NewRecord> {
    const { records } = this.ledger
    switch (what.kind) {
      case 'deposit':
        return records.deposit(what.payer as Name, what.amount)
      case 'use': {
        const { id, source, model, payer, fee, isPromised, timeMs } = what
        const body = { model, voucher: isPromised ? 1n : 0n }
        return at(records.inference(id, fee, { source, payer: payer as Name, body }), timeMs)
      }
      case 'correct':
        return records.correction(what.id, what.now, { source: what.source, body: { inferenceSource: what.of } })
      case 'grant': {
        const terms = { coversFromEpoch: what.coversFrom, untilMs: this.ledger.nowMs + this.ledger.tickMs + 1n }
        return records.licence(`grant ${this.#made++}`, LICENSED, terms, { by: 'alice' })
      }
      case 'retire':
        return records.retirement(what.model, { by: what.by as Name })
    }
  }

  async expectOutcomes(): Promise<void> {
    for (const [index, { what, outcome }] of this.oracle.entries.entries()) {
      const found = await this.ledger.outcomeOf(this.#positions[index]!)
      expect({ index, what, outcome: found }).toEqual({ index, what, outcome })
    }
  }

  async expectSettled(epoch: number, { conservation, counts }: Manifest): Promise<void> {
    const expected = this.oracle.settled(epoch)
    const { balances, outside } = await this.ledger.state(epoch)
    const { sums } = expected
    const texts = Object.fromEntries(Object.entries(sums).map(([name, amount]) => [name, `${amount}`]))
    expect({ epoch, ...(conservation[0] ?? texts) }).toMatchObject({ epoch, ...texts })
    expect({ epoch, late: counts.late }).toEqual({ epoch, late: expected.late })
    for (const payer of PAYERS) {
      const row = balances.find((each) => each.payer === addressOf(payer))
      const amount = `${expected.balances.get(payer) ?? 0n}`
      expect({ epoch, payer, amount: row?.amount ?? '0' }).toEqual({ epoch, payer, amount })
    }
    const held = new Map<number, bigint>()
    for (const { epoch: since, fees } of outside) held.set(since, (held.get(since) ?? 0n) + BigInt(fees))
    expect(held).toEqual(expected.held)
    const lines = await this.ledger.ledger.warehouse.all<{ asset: string; amount: bigint }>(
      'SELECT asset, sum(amount)::HUGEINT AS amount FROM settlement_line WHERE epoch = $epoch GROUP BY asset',
      { epoch },
    )
    expect(new Map(lines.map(({ asset, amount }) => [asset, amount]))).toEqual(
      new Map([...expected.paid].filter(([, amount]) => amount > 0n)),
    )
  }

  async expectStatuses(): Promise<ReadonlyMap<string, string>> {
    const { statuses } = this.oracle.settled(EPOCHS)
    const ids = [...new Set([...statuses.keys()].map((key) => key.split(' ').slice(1).join(' ')))]
    const found = await explain(this.ledger.ledger.warehouse, ids, 1)
    expect(new Map(found.map(({ inference, status }) => [keyOf(inference), status]))).toEqual(statuses)
    return statuses
  }
}

/** With another time of its producer. */
function at(record: OutgoingRecord, timeMs: bigint): OutgoingRecord {
  const time = Buffer.from(new Date(Number(timeMs)).toISOString())
  return { ...record, headers: record.headers.map(([name, value]) => [name, name === 'ce_time' ? time : value]) }
}

describe('promise 4: what is corrected', () => {
  const seen = new Set<string>()

  test.each(seeds)(
    'seed %i: outcomes, statuses, what is held and given back, balances and lines are those of a naive oracle',
    async (each) => {
      const ledger = await SmallLedger.open()
      try {
        const pair = new Pair(ledger, randomOf(each))
        await pair.found()
        for (let epoch = 1; epoch <= EPOCHS; epoch++) {
          const manifest = await pair.runEpoch(epoch)
          await pair.expectSettled(epoch, manifest)
          if (manifest.counts.late > 0) seen.add('late')
        }
        await pair.expectOutcomes()
        for (const status of (await pair.expectStatuses()).values()) seen.add(status)
        for (const { outcome } of pair.oracle.entries) seen.add(outcome)
        expect((await ledger.audit()).firstDifference).toBeUndefined()
      } finally {
        ledger.close()
      }
    },
  )

  test('and all of it happened: everything that can become of a fee, and every reason', () => {
    for (const one of [
      ...['funded', 'unfunded', 'reported', 'void', 'outside', 'refunded', 'corrected', 'late', 'accepted'],
      ...['INFERENCE_UNKNOWN', 'CORRECTION_FOREIGN', 'CORRECTION_ABOVE', 'INFERENCE_VOID'],
      ...['NOT_MAJORITY_OWNER', 'MODEL_RETIRED'],
    ])
      expect(seen).toContain(one)
  })
})
