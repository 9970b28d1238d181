import type { Manifest } from '../../../anchor/manifest.ts'
import type { NewRecord } from '../../../pipelines/record-source.ts'
import type {
  AssetAccess,
  EventBodies,
  MinimumPayout,
  NearContribution,
  RetrievedItem,
} from '../../../schemas/events.ts'
import { fromHex } from '../../../schemas/ids.ts'
import { type Name, OTHER_TOKEN, TOKEN } from './cast.ts'
import { contributionOf } from './contributions.ts'
import { type Features, featuresOf, type Random, randomOf, type Shape } from './random-features.ts'
import { hashOf, SOURCES } from './records.ts'
import { SmallLedger } from './small-ledger.ts'

const CONTRIBUTORS: readonly Name[] = ['alice', 'bob', 'carol', 'copier']
const SECOND = { model: 'second-reader', map: 'map-2' } as const
const AGENT = 'reader-bot'
/** Who may come to own something; some of them pay for uses too. */
const TRADERS: readonly Name[] = ['modeller', 'partner', 'payer', 'operator', 'host', 'alice']
/** A rating is of one of so many uses. */
const RATED_OF = 12
const TRADED = ['digits', 'reader', SECOND.model, 'gateway', AGENT]

/** A batch that its contributor has. */
interface Planned {
  readonly name: Name
  readonly id: string
  readonly features: readonly Features[]
  readonly contents: readonly string[]
  readonly commitmentSalt: Uint8Array | undefined
}

/** What else happens in a world. It has a random stream of its own: without it, the world of a seed stays what it is. */
export interface Guest {
  /** Of every policy. */
  terms(): Partial<EventBodies['PolicyPublished']>
  /** Before every use. */
  act(ledger: SmallLedger): Promise<void>
}

/** A ledger of a few epochs in which everything that may happen happens now and then; it follows from the seed. */
export class RandomWorld {
  readonly ledger: SmallLedger
  readonly shape: Shape
  readonly #random: Random
  /** Of what is corrected and retired. */
  readonly #corrections: Random
  /** Of what is retrieved, and of the channels of policies. */
  readonly #retrievals: Random
  #made = 0
  #epoch = 0
  /** Features that come so many epochs from now, in time or too late. */
  #lateFeatures: { readonly epoch: number; readonly record: NewRecord }[] = []
  /** Ids of what was offered; some are accepted, some twice. */
  readonly #offered: string[] = []
  /** Committed to, and still to be shown; some never are. */
  readonly #committed: Planned[] = []
  /** Uses that may be rated, mostly by who pays for them; some have no agent, or are rated already. */
  readonly #used: { readonly id: string; readonly payer: Name }[] = []
  /** Everything that was contributed, for others to be near to. */
  readonly #contributed: { name: Name; batchId: string; index: number }[] = []

  /** The only policy, when it is given. */
  readonly #only: Partial<EventBodies['PolicyPublished']> | undefined
  readonly #guest: Guest | undefined

  private constructor(
    ledger: SmallLedger,
    seed: number,
    only: Partial<EventBodies['PolicyPublished']> | undefined,
    guest: Guest | undefined,
  ) {
    const random = randomOf(seed)
    this.#only = only
    this.#guest = guest
    this.ledger = ledger
    this.#random = random
    // A stream of its own: what else happens under a seed does not hang on it.
    this.#corrections = randomOf(seed + 1_000_003)
    this.#retrievals = randomOf(seed + 2_000_003)
    this.shape = { rank: 1 + random(3), classes: 2 + random(2), checkpoints: random(3) }
  }

  /** @param only the policy of all epochs; else they are random and change now and then */
  static async found(
    seed: number,
    only?: Partial<EventBodies['PolicyPublished']>,
    guest?: Guest,
  ): Promise<RandomWorld> {
    const world = new RandomWorld(await SmallLedger.open(), seed, only, guest)
    const { ledger } = world
    await ledger.found(only ?? world.#policy(), world.shape)
    await ledger.send(
      await ledger.records.derived(SECOND.model, 'model', 'modeller', world.#parents(), { body: world.#access() }),
      await ledger.records.transfer(SECOND.model, 'modeller', 'alice', 1),
      await ledger.records.asset(AGENT, 'agent', { carol: 400_000, partner: 600_000 }, { body: world.#access() }),
      await ledger.records.featureMap({ featureMap: SECOND.map, model: SECOND.model, ...world.shape }),
      ...(await ledger.records.vouchers(SECOND.model)),
    )
    await world.#contribute(1 + world.#random(CONTRIBUTORS.length))
    return world
  }

  /** An epoch of deposits, uses, repeated records and the odd contribution, settled and published. */
  async runEpoch(): Promise<Manifest> {
    const { ledger } = this
    const random = this.#random
    this.#epoch++
    if (random(3) > 0) await ledger.send(ledger.records.deposit('payer', 1n << 90n))
    const due = this.#lateFeatures.filter(({ epoch }) => epoch === this.#epoch)
    await ledger.send(...due.map(({ record }) => record))
    for (const planned of this.#committed.splice(0, random(3))) await this.#show(planned)
    if (random(3) === 0) await this.#contribute(1)
    if (random(2) === 0) await this.#withdraw()
    if (random(4) === 0) await this.#erase()
    if (random(4) === 0 && this.#only === undefined)
      await ledger.send(await ledger.records.policy({ ...this.#policy(), policy: this.#name('policy') }))
    await ledger.send(ledger.records.deposit(this.#payer(), this.#amount(), { body: this.#token() }))
    const uses = random(12)
    for (let index = 0; index < uses; index++) {
      if (random(3) === 0) await this.#trade()
      if (random(6) === 0) await this.#license()
      if (random(4) === 0) await this.#offer()
      if (random(4) === 0) await this.#accept()
      await this.#guest?.act(ledger)
      await this.#use()
      if (random(2) === 0) await this.#rate()
      if (this.#corrections(4) === 0) await this.#correct()
    }
    if (this.#corrections(16) === 0)
      await ledger.send(await ledger.records.retirement(SECOND.model, { by: 'modeller' }))
    return ledger.runEpoch()
  }

  /** One of two needs a licence. */
  #access(): { readonly access: AssetAccess } {
    return { access: this.#random(2) === 0 ? 'open' : 'licensed' }
  }

  /** By who is an owner mostly, and now and then reaching back; the odd one is revoked again. */
  async #license(): Promise<void> {
    const { records } = this.ledger
    const [asset, by] = this.#random(2) === 0 ? ([SECOND.model, 'modeller'] as const) : ([AGENT, 'partner'] as const)
    const grant = this.#name('grant')
    const terms = { coversFromEpoch: this.#random(this.#epoch + 1), untilMs: this.ledger.nowMs + 60_000n }
    await this.ledger.send(await records.licence(grant, asset, this.#random(2) === 0 ? {} : terms, { by }))
    if (this.#random(2) === 0) await this.ledger.send(await records.revocation(grant, asset, { by }))
  }

  #policy(): Partial<EventBodies['PolicyPublished']> {
    const dataParts = [0, 1, 500_000, 500_000, 600_000, 600_000][this.#random(6)]!
    const modelParts = this.#random(1_000_001 - dataParts)
    const upstreamParts = this.#random(1_000_001 - dataParts - modelParts)
    const agentParts = this.#random(1_000_001 - dataParts - modelParts - upstreamParts)
    const left = 1_000_001 - dataParts - modelParts - upstreamParts - agentParts
    const outcomeParts = this.#random(left)
    const infrastructureParts = this.#random(left - outcomeParts)
    return {
      ...{ dataParts, modelParts, upstreamParts, agentParts, outcomeParts, infrastructureParts },
      treasuryParts: left - 1 - outcomeParts - infrastructureParts,
      minEvents: [1, 1, 2, 3][this.#random(4)]!,
      maxPeriodEpochs: 1 + this.#random(3),
      featureWaitEpochs: [0, 1, 2, 2, 3][this.#random(5)]!,
      ...this.#holdBack(),
      minimumPayouts: this.#minimums(),
      outcomeWaitEpochs: this.#random(3),
      outsideWaitEpochs: this.#random(4),
      ...this.#channels(),
      ...this.#guest?.terms(),
    }
  }

  /** In half of the worlds' policies features alone; else chains of one model or of all. */
  #channels(): Pick<EventBodies['PolicyPublished'], 'dataChannels' | 'retrievalParts' | 'retrievalRule'> {
    const random = this.#retrievals
    const chains = [
      ['features', 'retrieval'],
      ['retrieval', 'features'],
      ['retrieval'],
      ['text', 'features'],
      ['features'],
    ]
    const others = { model: '', channels: chains[random(chains.length)]! }
    const second = { model: SECOND.model, channels: chains[random(chains.length)]! }
    return {
      dataChannels: [[], [], [others], [others, second], [second]][random(5)]!,
      retrievalParts: [0, 0, 1, 250_000, 1_000_000][random(5)]!,
      retrievalRule: ['score', 'rank'][random(2)]!,
    }
  }

  /** Some of what was contributed, withdrawn and erased or not, or will be, or never was; some with scores, some without. */
  #retrieved(): RetrievedItem[] {
    const random = this.#retrievals
    if (this.#only !== undefined || random(3) === 0) return []
    const named = new Map<string, RetrievedItem>()
    const scores = [0, 1, 1_000, 1_000_000][random(4)]!
    for (let count = random(5); count > 0; count--) {
      const some = this.#contributed[random(this.#contributed.length)]
      const isThere = some !== undefined && random(6) > 0
      const of = isThere ? some : { batchId: `batch-alice-${random(200)}`, index: random(4) }
      const item = { batchSource: SOURCES.portal, batchId: of.batchId, index: of.index, score: random(scores + 1) }
      named.set(`${item.batchId}/${item.index}`, item)
    }
    return [...named.values()]
  }

  #holdBack() {
    const holdBackParts = [0, 1, 30_000, 100_000][this.#random(4)]!
    return { holdBackParts, holdBackEpochs: holdBackParts === 0 ? 0 : 1 + this.#random(3) }
  }

  /** Of no token, of one or of both: some that nobody misses, some that are reached sooner or later, some that never are. */
  #minimums(): MinimumPayout[] {
    return [TOKEN, OTHER_TOKEN]
      .filter(() => this.#random(3) > 0)
      .map((token) => ({ token: fromHex(token), amount: [1n, 3_000n, 1_000_000n, 1n << 95n][this.#random(4)]! }))
  }

  /** One, two or no parents, with some of them or all that they may have. */
  #parents(): Record<string, { by: Name; parts: number }> {
    const digits = { by: 'operator', parts: 1 + this.#random(250_000) } as const
    const reader = { by: 'partner', parts: [1, 250_000][this.#random(2)]! } as const
    return [{}, { digits }, { digits, reader }, { reader }][this.#random(4)]!
  }

  /** Of shares that the giver has, or not, or not any more; now and then all of them. */
  async #trade(): Promise<void> {
    const [asset, from] = [TRADED[this.#random(TRADED.length)]!, TRADERS[this.#random(TRADERS.length)]!]
    const others = TRADERS.filter((each) => each !== from)
    const parts = [1, 333_333, 500_000, 1_000_000][this.#random(4)]!
    await this.ledger.send(await this.ledger.records.transfer(asset, from, others[this.#random(others.length)]!, parts))
  }

  /**
   * Shares that the seller has, or not, or licences of what it owns, or not; the odd offer is taken back, which counts from the
   * next epoch on.
   */
  async #offer(): Promise<void> {
    const { records } = this.ledger
    const [asset, seller] = [TRADED[this.#random(TRADED.length)]!, TRADERS[this.#random(TRADERS.length)]!]
    const offer = this.#name('offer')
    const parts = [1, 100_000, 400_000, 1_000_000][this.#random(4)]!
    const price = 1n + this.#amount()
    const terms = {
      durationMs: 60_000n * BigInt(this.#epoch % 2),
      coversFromEpoch: this.#epoch % 3,
      copies: this.#epoch % 4,
    }
    await this.ledger.send(
      parts === 1
        ? await records.licenceOffer(offer, asset, seller, price, terms)
        : await records.offer(offer, asset, seller, parts, price),
    )
    this.#offered.push(offer)
    if (this.#random(6) === 0) await this.ledger.send(await records.offerWithdrawn(offer, seller))
  }

  /** By somebody who can pay, or not, or is the seller; perhaps not the first. */
  async #accept(): Promise<void> {
    const offer = this.#offered[this.#random(this.#offered.length)]
    if (offer === undefined) return
    const buyer = [...TRADERS, 'payer' as const][this.#random(TRADERS.length + 1)]!
    await this.ledger.send(await this.ledger.records.acceptance(offer, buyer, { id: this.#name('acceptance') }))
  }

  async #contribute(accounts: number): Promise<void> {
    const { records } = this.ledger
    for (const name of CONTRIBUTORS.slice(0, accounts)) {
      const id = this.#name(`batch-${name}`)
      const features = Array.from({ length: 1 + this.#random(4) }, () => this.#features(4))
      // A quarter of the contents is out of five that others may have as well.
      const contents = features.map((_, index) =>
        this.#random(4) === 0 ? `shared ${this.#random(5)}` : `${id}/${index}`,
      )
      const commitmentSalt = [undefined, undefined, hashOf(`salt of ${id}`)][this.#random(3)]
      const planned = { name, id, features, contents, commitmentSalt }
      // Now and then a salt is given, and nothing was committed to.
      if (commitmentSalt === undefined || this.#random(6) === 0) await this.#show(planned)
      else {
        await this.ledger.send(records.commitment(name, id, features.length, commitmentSalt))
        this.#committed.push(planned)
      }
    }
  }

  async #show({ name, id, features, contents, commitmentSalt }: Planned): Promise<void> {
    const { records } = this.ledger
    for (const index of features.keys()) this.#contributed.push({ name, batchId: id, index })
    const own = await contributionOf(records, name, id, features, {
      fingerprints: (index) => contents[index]!,
      near: (index) => this.#near(id, index),
      ...(commitmentSalt === undefined ? {} : { commitmentSalt }),
    })
    await this.ledger.send(own.batch, ...own.features.filter(() => this.#random(10) > 0))
    if (this.#random(2) === 0) return
    const body = (index: number) => ({ featureMap: SECOND.map, near: this.#near(id, index) })
    await this.ledger.send(
      ...features.map((each, index) => records.itemFeatures(id, index, each, contents[index]!, { body: body(index) })),
    )
  }

  /** A few of all that was contributed so far, each once, and never the item itself. */
  #near(id: string, index: number): NearContribution[] {
    if (this.#random(3) > 0) return []
    const others = this.#contributed.filter((each) => each.batchId !== id || each.index !== index)
    const named = new Set(Array.from({ length: this.#random(4) }, () => others[this.#random(others.length)]))
    return [...named]
      .filter((each) => each !== undefined)
      .map(({ batchId, index }) => ({
        ...{ batchSource: SOURCES.portal, batchId, index },
        similarity: this.#random(1_000_001),
      }))
  }

  /** An item or a whole batch, perhaps once more. */
  async #withdraw(): Promise<void> {
    const some = this.#contributed[this.#random(this.#contributed.length)]
    if (some === undefined) return
    const { name, batchId, index } = some
    const { records } = this.ledger
    for (let times = 1 + this.#random(2); times > 0; times--)
      await this.ledger.send(await records.withdrawal(name, batchId, this.#random(3) === 0 ? [] : [index]))
  }

  /** Ordered, perhaps once more; nothing is removed, so that an audit still recomputes everything. */
  async #erase(): Promise<void> {
    const some = this.#contributed[this.#random(this.#contributed.length)]
    if (some === undefined) return
    const { records } = this.ledger
    for (let times = 1 + this.#random(2); times > 0; times--)
      await this.ledger.send(await records.erasure(some.batchId, [some.index], { id: this.#name('erasure') }))
  }

  async #use(): Promise<void> {
    const { records } = this.ledger
    const id = this.#name('use')
    const second = this.#random(3) === 0
    // Now and then a use cites no voucher, or one that is not there.
    const voucher = [0n, 2n, 1n, 1n, 1n, 1n, 1n, 1n][this.#random(8)]!
    const agent = this.#random(2) === 0 ? AGENT : ''
    const body = {
      voucher,
      ...this.#token(),
      agent,
      retrieved: this.#retrieved(),
      ...(second ? { model: SECOND.model } : {}),
    }
    const payer = this.#payer()
    this.#used.push({ id, payer })
    const use = records.inference(id, this.#fee(), { payer, body })
    const features = records.inferenceFeatures(id, this.#features(8), {
      body: { p16: this.#random(65_536), ...(second ? { featureMap: SECOND.map } : {}) },
    })
    await this.ledger.send(use)
    const kind = this.#random(6)
    if (kind <= 1) this.#lateFeatures.push({ epoch: this.#epoch + 1 + this.#random(3), record: features })
    else if (kind !== 2) await this.ledger.send(features)
    if (this.#random(5) === 0) await this.ledger.send(use)
  }

  /** One of the last uses, which may be of an earlier epoch. */
  async #rate(): Promise<void> {
    const recent = this.#used.slice(-RATED_OF)
    const { id, payer } = recent[this.#random(recent.length)]!
    const rater = this.#random(8) === 0 ? 'partner' : payer
    const score = [0, 1, this.#random(1_001), 1_000][this.#random(4)]!
    await this.ledger.send(await this.ledger.records.rating(rater, id, score))
  }

  /** One of the last uses, which may be of an earlier epoch, may be held, and may be void already; some fees are too high. */
  async #correct(): Promise<void> {
    const recent = this.#used.slice(-RATED_OF)
    const { id } = recent[this.#corrections(recent.length)]!
    const small = BigInt(this.#corrections(5_000))
    const now = (['void', 0n, small, small, 1_000_000n + small] as const)[this.#corrections(5)]!
    await this.ledger.send(this.ledger.records.correction(id, now))
  }

  /** @param wrongEvery one in so many labels is wrong */
  #features(wrongEvery: number) {
    const kind = this.#random(this.shape.classes)
    const label = this.#random(wrongEvery) === 0 ? this.#random(this.shape.classes) : kind
    return featuresOf(this.#random, this.shape, kind, label)
  }

  #payer(): Name {
    return (['payer', 'payer', 'payer', 'partner'] as const)[this.#random(4)]!
  }

  #token() {
    return { token: fromHex(this.#random(4) === 0 ? OTHER_TOKEN : TOKEN) }
  }

  /** 0, small ones, and some so large that a channel covers 64 of them. */
  #fee(): bigint {
    const small = BigInt(this.#random(5_000))
    return [0n, small, small, small, 1_000_000n + small, (1n << 90n) - 1n - small][this.#random(6)]!
  }

  /** 0, small ones, and amounts near 2^96. */
  #amount(): bigint {
    const small = BigInt(this.#random(5_000))
    return [0n, small, small, small, 1_000_000n + small, (1n << 96n) - 1n - small][this.#random(6)]!
  }

  #name(kind: string): string {
    return `${kind}-${this.#made++}`
  }
}
