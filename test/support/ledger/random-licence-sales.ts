import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { fromHex } from '../../../schemas/ids.ts'
import type { LicenceSalesOracle } from '../../oracle/economy/licence-sales.ts'
import type { LicenceForSale, LicenceHappening } from '../../oracle/economy/licences.ts'
import { addressOf, type Name, OTHER_TOKEN, TOKEN } from './cast.ts'
import type { Random } from './random-features.ts'
import { nameOf, RandomLicences } from './random-licences.ts'
import type { Records } from './records.ts'

const SELLERS: readonly Name[] = ['modeller', 'partner', 'host']
const BUYERS: readonly Name[] = ['payer', 'payer', 'payer', 'stranger', 'partner']
const SOLD = ['model-licensed', 'model-licensed', 'bot-licensed', 'model-open'] as const

/** {@link RandomLicences}, and licences for sale: bought by those who can pay or not, once and again, in time and too late. */
export class RandomLicenceSales {
  readonly #licences: RandomLicences
  readonly #records: Records
  readonly #random: Random
  readonly #oracle: LicenceSalesOracle
  #made = 0
  #bought = 0

  constructor(records: Records, random: Random, oracle: LicenceSalesOracle) {
    this.#licences = new RandomLicences(records, random, oracle)
    this.#records = records
    this.#random = random
    this.#oracle = oracle
  }

  founding(): Promise<OutgoingRecord[]> {
    return this.#licences.founding()
  }

  next(epoch: number, atMs: bigint): LicenceHappening {
    const choice = this.#random(8)
    if (choice === 0) return this.#sell(epoch, atMs)
    if (choice === 3 && this.#random(3) === 0) return this.#leave()
    if (choice > 2) return this.#licences.next(epoch, atMs)
    const offers = this.#oracle.entries.flatMap(({ what }) => (what.kind === 'sell' ? [what] : []))
    const seen =
      this.#random(16) === 0 ? undefined : offers.at(-1 - this.#random(Math.max(1, Math.min(5, offers.length))))
    const { offer, version } = seen ?? { offer: 'nobody made it', version: -1 }
    return { kind: 'buy', offer, version, buyer: addressOf(this.#pick(BUYERS)) }
  }

  /** Somebody gives away all that they own of an asset. */
  #leave(): LicenceHappening {
    const [asset, from] = [this.#pick(['model-licensed', 'bot-licensed'] as const), addressOf(this.#pick(SELLERS))]
    const parts = this.#oracle.ownersAt(asset, this.#oracle.entries.length).get(from) ?? 1n
    const others = SELLERS.map((name) => addressOf(name)).filter((each) => each !== from)
    return { kind: 'transfer', asset, from, to: this.#pick(others), parts }
  }

  #sell(epoch: number, atMs: bigint): LicenceForSale {
    const reachesBack = this.#random(2) === 0
    const [fromMs, durationMs] = reachesBack
      ? ([0n, BigInt(this.#random(2) * 6_000)] as const)
      : this.#pick([
          [0n, 0n],
          [0n, 4_000n],
          [atMs + 3_000n, 0n],
          [atMs - 1n, 0n],
        ] as const)
    const version = this.#made++
    return {
      kind: 'sell',
      offer: `offer-${this.#random(8) === 0 ? this.#random(version + 1) : version}`,
      version,
      asset: this.#pick(SOLD),
      by: addressOf(this.#pick(SELLERS)),
      token: this.#pick([TOKEN, TOKEN, OTHER_TOKEN]),
      price: BigInt(1 + this.#random(900)),
      uses: this.#pick([['infer'], ['commercial', 'infer'], ['train']]),
      ...{ fromMs, durationMs, copies: this.#random(3) },
      list: this.#pick(['', '', '', 'list-a', 'list-b']),
      coversFrom: reachesBack ? Math.max(1, epoch + 1 - this.#random(4)) : 0,
    }
  }

  async recordOf(what: LicenceHappening): Promise<OutgoingRecord> {
    if (what.kind === 'buy') {
      const terms = this.#records.termsOf(`sell-${what.version}`)
      return this.#records.acceptance(what.offer, nameOf(what.buyer), { id: `buy-${this.#bought++}`, body: { terms } })
    }
    if (what.kind !== 'sell') return this.#licences.recordOf(what)
    const { offer, asset, by, price, token, uses, fromMs, durationMs, list, coversFrom, copies } = what
    const terms = { uses: [...uses], fromMs, durationMs, priceList: list, coversFromEpoch: coversFrom, copies }
    const change = { id: `sell-${what.version}`, body: { token: fromHex(token) } }
    return this.#records.licenceOffer(offer, asset, nameOf(by), price, terms, change)
  }

  #pick<Value>(values: readonly Value[]): Value {
    return values[this.#random(values.length)]!
  }
}
