import type { EventBodies } from '../../../schemas/events.ts'
import { toHex } from '../../../schemas/ids.ts'
import { divide } from './hamilton.ts'
import type { Rights, Use } from './rights.ts'

type Policy = EventBodies['PolicyPublished']

/** A use whose fee was funded. */
export interface PaidUse {
  readonly use: Use
  readonly fee: bigint
  /** In which it was funded. */
  readonly epoch: number
}

export type Channel = 'features' | 'retrieval' | 'text'

/** docs/formats.md#channels in plain words: every question walks through the records anew, from the epoch of the fee on. */
export class NaiveChannels {
  readonly #rights: Rights

  constructor(rights: Rights) {
    this.#rights = rights
  }

  #policy(epoch: number): Policy {
    const all = this.#rights.of('PolicyPublished').filter((each) => each.epoch <= epoch)
    return (all.findLast((each) => each.epoch <= epoch - 2) ?? all[0]!).body
  }

  /** The channel that takes a use in an epoch, that it waits, or that nobody gets its data part. */
  wayIn(paid: PaidUse, epoch: number): Channel | 'waits' | 'nobody' {
    const policy = this.#policy(paid.epoch)
    const until = paid.epoch + policy.featureWaitEpochs
    const own = policy.dataChannels.find(({ model }) => model === paid.use.body.model)
    const others = policy.dataChannels.find(({ model }) => model === '')
    for (const channel of (own ?? others)?.channels ?? ['features']) {
      if (channel === 'features' && this.#hasFeatures(paid.use, epoch)) return 'features'
      if (channel === 'retrieval' && paid.use.body.retrieved.length > 0) return 'retrieval'
      if (channel !== 'retrieval' && epoch < until) return 'waits'
    }
    return 'nobody'
  }

  /** The channel that takes a use of an earlier epoch in this one, and did not before. */
  late(paid: PaidUse, epoch: number): Channel | undefined {
    const until = paid.epoch + this.#policy(paid.epoch).featureWaitEpochs
    for (let at = paid.epoch; at <= Math.min(until, epoch); at++) {
      const way = this.wayIn(paid, at)
      if (way === 'waits') continue
      return at === epoch && way !== 'nobody' ? way : undefined
    }
    return undefined
  }

  #hasFeatures({ source, id }: Use, epoch: number): boolean {
    return this.#rights
      .of('InferenceFeatures')
      .some(({ body, epoch: came }) => came <= epoch && body.inferenceSource === source && body.inferenceId === id)
  }

  /** Of a data part, what retrieved contributions share at once, and the rest. */
  splitData(data: bigint, { use, epoch }: PaidUse): [bigint, bigint] {
    if (use.body.retrieved.length === 0) return [0n, data]
    const parts = BigInt(this.#policy(epoch).retrievalParts)
    return divide(data, [parts, 1_000_000n - parts]) as [bigint, bigint]
  }

  /** Divides what retrieval has of (model, token) in an epoch. @returns accounts and amounts, and what is nobody's */
  pay(
    pool: bigint,
    model: string,
    token: string,
    funded: readonly PaidUse[],
    epoch: number,
  ): [[string, bigint][], bigint] {
    const weights = new Map<string, bigint>()
    for (const paid of funded) {
      const { body } = paid.use
      if (body.model !== model || toHex(body.token) !== token || body.retrieved.length === 0) continue
      const { dataParts, retrievalParts } = this.#policy(paid.epoch)
      let parts = paid.epoch === epoch ? retrievalParts : 0
      const isTaken = paid.epoch === epoch ? this.wayIn(paid, epoch) : this.late(paid, epoch)
      if (isTaken === 'retrieval') parts += 1_000_000 - retrievalParts
      if (parts === 0) continue
      for (const [account, share] of this.#shares(paid, epoch))
        weights.set(account, (weights.get(account) ?? 0n) + paid.fee * BigInt(dataParts) * BigInt(parts) * share)
    }
    // Nobody is the empty text, and last.
    const accounts = [...weights.keys()].filter((account) => account !== '').sort()
    const amounts = divide(
      pool,
      [...accounts, ''].map((account) => weights.get(account) ?? 0n),
    )
    return [accounts.map((account, index) => [account, amounts[index]!]), amounts.at(-1)!]
  }

  #shares({ use, epoch: funded }: PaidUse, epoch: number): [string, bigint][] {
    const items = use.body.retrieved
    const isRanked = this.#policy(funded).retrievalRule === 'rank' || items.every(({ score }) => score === 0)
    const weights = items.map(({ score }, index) => (isRanked ? 720_720n / BigInt(index + 1) : BigInt(score)))
    const shares = divide(1_000_000n, weights)
    return items.map((item, index) => [this.#payee(item, epoch) ?? '', shares[index]!])
  }

  #payee(
    { batchSource, batchId, index }: EventBodies['InferenceRecorded']['retrieved'][number],
    epoch: number,
  ): string | undefined {
    const isGone = [...this.#rights.of('ContributionWithdrawn'), ...this.#rights.of('ErasureOrdered')].some(
      ({ body, epoch: since }) =>
        since <= epoch &&
        body.batchSource === batchSource &&
        body.batchId === batchId &&
        (body.indexes.length === 0 || body.indexes.includes(index)),
    )
    const batch = this.#rights.batch(batchSource, batchId)
    if (isGone || batch === undefined || batch.epoch > epoch || index >= batch.body.items.length) return undefined
    return toHex(batch.body.account)
  }
}
