import type { EventBodies } from '../../../schemas/events.ts'
import { toHex } from '../../../schemas/ids.ts'

/** A record that close accepted, with its place in accept order over all epochs: its index in the one array of all of them. */
export type Accepted = {
  [Type in keyof EventBodies]: {
    readonly type: Type
    readonly body: EventBodies[Type]
    readonly source: string
    readonly id: string
    readonly epoch: number
    readonly atMs: bigint
    readonly place: number
  }
}[keyof EventBodies]

export type AcceptedOf<Type extends keyof EventBodies> = Extract<Accepted, { readonly type: Type }>
export type Use = AcceptedOf<'InferenceRecorded'>

/** A licence that was granted, or bought. */
interface Grant {
  readonly asset: string
  readonly place: number
  readonly licensee: string
  readonly uses: readonly string[]
  readonly fromMs: bigint
  readonly untilMs: bigint
  readonly priceList: string
  readonly coversFromEpoch: number
  /** Where it was revoked. */
  readonly until: number | undefined
}

const ZERO = `0x${'00'.repeat(20)}`

/** Who owned what when, and who was allowed what: every question walks through all that ever happened. */
export class Rights {
  readonly #all: readonly Accepted[]
  /** Acceptances that were settled: places. */
  readonly #settled: ReadonlySet<number>

  constructor(all: readonly Accepted[], settled: ReadonlySet<number>) {
    this.#all = all
    this.#settled = settled
  }

  of<Type extends keyof EventBodies>(type: Type): AcceptedOf<Type>[] {
    return this.#all.filter((each): each is AcceptedOf<Type> => each.type === type)
  }

  asset(name: string): EventBodies['AssetRegistered'] {
    return this.of('AssetRegistered').find(({ body }) => body.asset === name)!.body
  }

  batch(source: string, id: string): AcceptedOf<'ContributionBatch'> | undefined {
    return this.of('ContributionBatch').find((each) => each.source === source && each.id === id)
  }

  offer(name: string): EventBodies['OfferPublished'] {
    return this.of('OfferPublished').find(({ body }) => body.offer === name)!.body
  }

  /** Transfers and settled sales of an asset before a place. */
  #changes(asset: string, place: number): { from: string; to: string; parts: number }[] {
    return this.#all.slice(0, place).flatMap((each) => {
      if (each.type === 'AssetTransferred' && each.body.asset === asset)
        return [{ from: toHex(each.body.from), to: toHex(each.body.to), parts: each.body.parts }]
      if (each.type !== 'OfferAccepted' || !this.#settled.has(each.place)) return []
      const offer = this.offer(each.body.offer)
      if (offer.asset !== asset || offer.kind !== 'share') return []
      return [{ from: toHex(offer.seller), to: toHex(each.body.buyer), parts: offer.parts }]
    })
  }

  /** How often an asset had changed hands before a place. */
  version(asset: string, place: number): number {
    return this.#changes(asset, place).length
  }

  /** Account and millionths, ascending by account. */
  owners(asset: string, place: number): [string, bigint][] {
    const table = new Map(this.asset(asset).owners.map(({ account, parts }) => [toHex(account) as string, parts]))
    for (const { from, to, parts } of this.#changes(asset, place)) {
      table.set(from, table.get(from)! - parts)
      table.set(to, (table.get(to) ?? 0) + parts)
    }
    return [...table]
      .filter(([, parts]) => parts > 0)
      .map(([account, parts]): [string, bigint] => [account, BigInt(parts)])
      .sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** What a use costs at the end of an epoch; 0 when it is void. */
  standing(use: Use, epoch: number): bigint {
    const last = this.of('CorrectionRecorded').findLast(
      ({ body, epoch: corrected }) =>
        corrected <= epoch && body.inferenceSource === use.source && body.inferenceId === use.id,
    )
    return last?.body.fee ?? use.body.fee
  }

  /** Licensed assets of a use that no grant covers at its place. */
  uncovered(use: Use): string[] {
    const batches = use.body.retrieved.map(({ batchSource, batchId }) => this.batch(batchSource, batchId))
    const datasets = batches.flatMap((batch) =>
      batch !== undefined && batch.epoch <= use.epoch ? [batch.body.dataset] : [],
    )
    return [...new Set([use.body.model, use.body.agent, ...datasets])]
      .filter((asset) => asset !== '' && this.asset(asset).access === 'licensed')
      .filter((asset) => !this.#grants(asset, use).some((grant) => this.#isInForce(grant, use)))
  }

  /** Whether grants up to a place reach back to all that was not covered. */
  isReleasedAt(use: Use, place: number): boolean {
    return this.uncovered(use).every((asset) =>
      this.#grants(asset, use).some(
        ({ place: at, coversFromEpoch }) =>
          at > use.place && at <= place && coversFromEpoch > 0 && coversFromEpoch <= use.epoch,
      ),
    )
  }

  /** Of an asset, for what is done in the use, whenever. */
  #grants(asset: string, { body: use }: Use): Grant[] {
    return [...this.#given(), ...this.#bought()].filter(
      (grant) =>
        grant.asset === asset &&
        grant.uses.includes(this.asset(asset).kind === 'dataset' ? 'retrieve' : 'infer') &&
        (!use.commercial || grant.uses.includes('commercial')) &&
        (grant.priceList === '' || grant.priceList === use.priceList) &&
        [ZERO, toHex(use.payer)].includes(grant.licensee),
    )
  }

  #given(): Grant[] {
    return this.of('LicenceGranted').map(({ place, body }) => ({
      ...{ ...body, place, licensee: toHex(body.licensee) },
      until: this.of('LicenceRevoked').find((each) => each.body.grant === body.grant)?.place,
    }))
  }

  #bought(): Grant[] {
    return this.of('OfferAccepted').flatMap(({ place, atMs, body }) => {
      const { asset, licence } = this.offer(body.offer)
      const [terms] = licence
      if (terms === undefined || !this.#settled.has(place)) return []
      const untilMs = terms.durationMs > 0n ? atMs + terms.durationMs : terms.untilMs
      return [{ ...terms, asset, place, untilMs, licensee: toHex(body.buyer), until: undefined }]
    })
  }

  #isInForce({ place, until, fromMs, untilMs }: Grant, use: Use): boolean {
    return (
      place < use.place &&
      use.place < (until ?? Number.POSITIVE_INFINITY) &&
      use.atMs >= fromMs &&
      (untilMs === 0n || use.atMs < untilMs)
    )
  }
}
