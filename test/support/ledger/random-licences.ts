import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { fromHex } from '../../../schemas/ids.ts'
import type { Assets, LicenceHappening, LicencesOracle } from '../../oracle/economy/licences.ts'
import { addressOf, NAMES, type Name, OTHER_TOKEN, TOKEN } from './cast.ts'
import type { Random } from './random-features.ts'
import { hashOf, type Records, SOURCES } from './records.ts'

const PAYERS: readonly Name[] = ['payer', 'stranger']
const OWNERS: readonly Name[] = ['modeller', 'partner', 'host']
const TOKENS = [TOKEN, OTHER_TOKEN] as const
const [LICENSED, OPEN, BOT] = ['model-licensed', 'model-open', 'bot-licensed'] as const
const MODELS = [LICENSED, OPEN] as const
/** Of the licensed model and of the open one, each in one token and at one atom a unit. */
const LISTS = ['list-a', 'list-b'] as const
const USES: readonly (readonly string[])[] = [
  ['infer'],
  ['commercial', 'infer'],
  ['commercial', 'infer', 'train'],
  ['train'],
]
export const OUTSIDE_WAIT_MAX = 2

const half = (one: Name, other: Name) =>
  new Map<string, bigint>([
    [addressOf(one), 400_001n],
    [addressOf(other), 599_999n],
  ])

/** What there is to license, before anything is transferred. */
export const ASSETS: Assets = {
  [LICENSED]: { kind: 'model', isLicensed: true, owners: half('modeller', 'partner') },
  [OPEN]: { kind: 'model', isLicensed: false, owners: half('modeller', 'partner') },
  [BOT]: { kind: 'agent', isLicensed: true, owners: half('partner', 'host') },
}

export const PRICE_LISTS: ReadonlyMap<string, string> = new Map([
  [LISTS[0], LICENSED],
  [LISTS[1], OPEN],
])

export const PAYERS_AND_TOKENS = PAYERS.flatMap((payer) => TOKENS.map((token) => ({ payer: addressOf(payer), token })))

/** Licences of random owners to random payers: granted, revoked, backdated, reaching back; uses inside and outside of them. */
export class RandomLicences {
  readonly #random: Random
  readonly #records: Records
  readonly #oracle: LicencesOracle
  #made = 0

  constructor(records: Records, random: Random, oracle: LicencesOracle) {
    this.#records = records
    this.#random = random
    this.#oracle = oracle
  }

  /** The registrations of {@link ASSETS} and {@link PRICE_LISTS}. */
  async founding(): Promise<OutgoingRecord[]> {
    const licensed = { access: 'licensed' } as const
    const records = this.#records
    const lists = LISTS.map((list, index) =>
      records.priceList(list, [{ unit: 'calls', pricePerMillion: 1_000_000n }], { body: { model: MODELS[index]! } }),
    )
    return Promise.all([
      records.asset(LICENSED, 'model', { modeller: 400_001, partner: 599_999 }, { body: licensed }),
      records.asset(OPEN, 'model', { modeller: 400_001, partner: 599_999 }),
      records.asset(BOT, 'agent', { partner: 400_001, host: 599_999 }, { body: licensed }),
      ...lists,
    ])
  }

  /** Something that may happen, as the oracle understands it. @param atMs when it will be appended */
  next(epoch: number, atMs: bigint): LicenceHappening {
    const kind = this.#random(24)
    if (kind < 3)
      return { kind: 'deposit', payer: this.#payer(), token: this.#token(), amount: BigInt(this.#random(4_000)) }
    if (kind < 6) {
      const channel = { payer: this.#payer(), model: this.#pick(MODELS), token: this.#token() }
      return { kind: 'voucher', ...channel, cumulative: BigInt(this.#random(6_000)) }
    }
    if (kind < 10) return this.#grant(epoch, atMs)
    if (kind < 12) return this.#revoke()
    if (kind === 12) return this.#transfer()
    if (kind === 13 && this.#random(4) === 0) return { kind: 'policy', outsideWait: this.#random(OUTSIDE_WAIT_MAX + 1) }
    return this.#use()
  }

  /** The record of it, under an id of its own. */
  async recordOf(what: LicenceHappening): Promise<OutgoingRecord> {
    const id = `${what.kind}-${this.#made++}`
    const records = this.#records
    if (what.kind === 'deposit')
      return records.deposit(nameOf(what.payer), what.amount, {
        id,
        body: { token: fromHex(what.token), transactionHash: hashOf(id) },
      })
    if (what.kind === 'voucher') {
      const { payer, model, token, cumulative } = what
      const promised = { cumulative, sequence: BigInt(this.#made) }
      return records.voucher(nameOf(payer), promised, { id, body: { model, token: fromHex(token) } })
    }
    if (what.kind === 'revoke') return records.revocation(what.grant, what.asset, { id, by: nameOf(what.by) })
    if (what.kind === 'transfer')
      return records.transfer(what.asset, nameOf(what.from), nameOf(what.to), Number(what.parts), { id })
    if (what.kind === 'policy')
      return records.policy({ ...ALL_TO_THE_MODEL, policy: id, outsideWaitEpochs: what.outsideWait })
    if (what.kind === 'use') return this.#useRecord(id, what)
    if (what.kind !== 'grant') throw new RangeError(`${what.kind} does not happen here.`)
    const { uses, fromMs, untilMs, list, coversFrom } = what
    const licensee = what.licensee === 'anyone' ? new Uint8Array(20) : fromHex(what.licensee)
    const terms = { licensee, uses: [...uses], fromMs, untilMs, priceList: list, coversFromEpoch: coversFrom }
    return records.licence(what.grant, what.asset, terms, { id, by: nameOf(what.by) })
  }

  #useRecord(id: string, what: Extract<LicenceHappening, { kind: 'use' }>): OutgoingRecord {
    const { model, agent, fee, commercial, list } = what
    const units = list === '' ? [] : [{ unit: 'calls', quantity: fee }]
    // A voucher that is there as soon as any is: sequences are never below 1.
    const body = { model, agent, commercial, priceList: list, units, voucher: 1n, token: fromHex(what.token) }
    return this.#records.inference(id, fee, { payer: nameOf(what.payer), body, source: SOURCES.gateway })
  }

  #grant(epoch: number, atMs: bigint): LicenceHappening {
    const asset = this.#pick([LICENSED, LICENSED, LICENSED, BOT, BOT, OPEN])
    const reachesBack = this.#random(2) === 0
    const near = () => atMs + BigInt(this.#random(60_000)) - 10_000n
    const fromMs = reachesBack || this.#random(3) > 0 ? 0n : near()
    const untilMs = this.#random(3) > 0 ? 0n : near() + 20_000n
    return {
      kind: 'grant',
      grant: `grant-${this.#random(40)}`,
      asset,
      by: addressOf(this.#pick(OWNERS)),
      licensee: this.#random(2) === 0 ? 'anyone' : this.#payer(),
      uses: this.#pick(USES),
      fromMs,
      untilMs: untilMs !== 0n && untilMs <= fromMs ? fromMs + 1n : untilMs,
      list: this.#random(3) > 0 ? '' : this.#pick(LISTS),
      coversFrom: reachesBack ? Math.max(1, epoch + 1 - this.#random(4)) : 0,
    }
  }

  /** Mostly of one that was granted. */
  #revoke(): LicenceHappening {
    const grants = this.#oracle.entries.map(({ what }) => what).filter((what) => what.kind === 'grant')
    const by = addressOf(this.#pick(OWNERS))
    const granted = grants[this.#random(grants.length)]
    if (granted === undefined) return { kind: 'revoke', grant: 'grant-x', asset: LICENSED, by }
    return { kind: 'revoke', grant: granted.grant, asset: this.#random(8) === 0 ? OPEN : granted.asset, by }
  }

  #transfer(): LicenceHappening {
    const [from, to] = this.#pick([
      ['modeller', 'partner'],
      ['partner', 'modeller'],
      ['partner', 'host'],
      ['host', 'modeller'],
    ] as const)
    const parts = BigInt([1, 100_000, 400_001][this.#random(3)]!)
    return { kind: 'transfer', asset: this.#pick([LICENSED, BOT]), from: addressOf(from), to: addressOf(to), parts }
  }

  #use(): LicenceHappening {
    const model = this.#pick([LICENSED, LICENSED, OPEN])
    const list = this.#random(3) === 0 ? LISTS[MODELS.indexOf(model)]! : ''
    return {
      kind: 'use',
      ...{ payer: this.#payer(), model, agent: this.#random(3) === 0 ? BOT : '' },
      // A list has one token.
      token: list === '' ? this.#token() : TOKEN,
      fee: BigInt(this.#random(400)),
      ...{ commercial: list === '' && this.#random(3) === 0, list },
    }
  }

  #payer(): string {
    return addressOf(this.#pick([PAYERS[0]!, PAYERS[0]!, PAYERS[1]!]))
  }

  #token(): string {
    return this.#pick([TOKENS[0], TOKENS[0], TOKENS[1]])
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#random(values.length)]!
  }
}

export const ALL_TO_THE_MODEL = { dataParts: 0, modelParts: 1_000_000, infrastructureParts: 0, treasuryParts: 0 }

export function nameOf(address: string): Name {
  return NAMES.find((name) => addressOf(name) === address)!
}
