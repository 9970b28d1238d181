import { sha256 } from '../../anchor/hash.ts'
import { appendLeaves, emptyFrontier, type Frontier, frontierRoot } from '../../anchor/log/frontier.ts'
import { attributePeriod } from '../../audit/attribution/attribute.ts'
import { CurvatureSum } from '../../audit/attribution/curvature.ts'
import { encodeInt32 } from '../../audit/attribution/encode.ts'
import { type EpochBundle, findEpochFolders, openRecords, readEpoch } from '../../audit/bundle.ts'
import { type AcceptedBatch, ContributionTable } from '../../audit/contributions.ts'
import { checkFiles } from '../../audit/files.ts'
import { EventTable } from '../../audit/period-events.ts'
import type { CurrentRecord } from '../../audit/records/current-record.ts'
import { DIGEST_BYTES, digest } from '../../audit/records/digest.ts'
import { readRecordsOfCut } from '../../audit/records.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import { OUTCOMES } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type LimitMeasured, SHAPE, type Timed } from './options.ts'

// What no auditor can avoid, in a process of its own, by the audit's own plain code: hashing every record's content, its leaf and
// the tree, and attributing every period from features that are in memory. Reading, decoding and deciding are not timed. Both
// must come to what was published, so that nothing was left out.

const FEE = 250_000n
const ROWS_AT_ONCE = 2_048

class Clock {
  #wallNs = 0n
  #cpuUs = 0

  time<Result>(work: () => Result): Result {
    const wall = process.hrtime.bigint()
    const cpu = process.cpuUsage()
    const result = work()
    const { user, system } = process.cpuUsage(cpu)
    this.#cpuUs += user + system
    this.#wallNs += process.hrtime.bigint() - wall
    return result
  }

  timed(): Timed {
    return { wall_s: Number(this.#wallNs) / 1e9, cpu_s: this.#cpuUs / 1e6 }
  }
}

/** The bytes that are hashed of some records. */
class Page {
  readonly #contents: Uint8Array[] = []
  /** Each has room for the content's hash at its end. */
  readonly #entries: Buffer[] = []

  get rows(): number {
    return this.#contents.length
  }

  add(record: CurrentRecord): void {
    this.#contents.push(Uint8Array.from(record.bytes.subarray(0, record.valueEnd)))
    this.#entries.push(Buffer.from(record.leafBytes('\0'.repeat(DIGEST_BYTES))))
  }

  hash(frontier: Frontier): Frontier {
    const hashes = Buffer.alloc(this.rows * DIGEST_BYTES)
    const leaves = this.#contents.map((content, n) => {
      const entry = this.#entries[n]!
      entry.write(digest(content), entry.length - DIGEST_BYTES, 'latin1')
      hashes.write(digest(entry), n * DIGEST_BYTES, 'latin1')
      return hashes.subarray(n * DIGEST_BYTES, (n + 1) * DIGEST_BYTES)
    })
    return appendLeaves(frontier, leaves)
  }
}

/** Features in memory, as an auditor has them when a period is attributed. */
class Features {
  readonly contributions = new ContributionTable(SHAPE)
  readonly #batches = new Map<string, { readonly number: number; readonly batch: AcceptedBatch }>()
  #events = new EventTable(SHAPE)
  #items: EventBodies['ContributionFeatures'][] = []
  #sent: { readonly id: string; readonly body: EventBodies['ContributionBatch']; readonly effectiveMs: bigint }[] = []

  add(record: CurrentRecord): void {
    const isOne = record.topic === TOPICS.contributions || record.topic === TOPICS.inferences
    if (!isOne || record.outcome !== OUTCOMES.accepted) return
    const decoded = decodeRecord(record.raw())
    if (decoded.outcome !== 'decoded')
      throw new RangeError('An accepted record of the bench is read by built-in schemas.')
    const { event } = decoded
    const { effectiveMs } = record
    if (event.type === 'ContributionBatch') this.#sent.push({ id: event.id, body: event.body, effectiveMs })
    if (event.type === 'ContributionFeatures') this.#items.push(event.body)
    if (event.type === 'InferenceFeatures') this.#addEvent(event.body)
  }

  /** @returns the events of the epoch, whose contributions are added now */
  take(): EventTable {
    for (const { id, body } of this.#sent.sort((a, b) => Number(a.effectiveMs - b.effectiveMs))) {
      const number = this.#batches.size
      const { dataset, items } = body
      const facts = { dataset, items: items.length, withdrawn: undefined, erased: undefined }
      this.#batches.set(id, {
        number,
        batch: { account: toHex(body.account), ...facts, rank: number, priority: number },
      })
    }
    for (const { batchId, index, ua: multiplier, label, fingerprint, p, a } of this.#items) {
      const { number: batchNumber, batch } = this.#batches.get(batchId)!
      const numbers = { batchNumber, batch, index, multiplier, label, fingerprint, near: [] }
      this.contributions.add({ ...numbers, p: Uint16Array.from(p), pAt: 0, vector: Int8Array.from(a), vectorAt: 0 })
    }
    const events = this.#events
    this.#events = new EventTable(SHAPE)
    this.#items = []
    this.#sent = []
    return events
  }

  #addEvent({ b, ub: multiplier, p, label, p16 }: EventBodies['InferenceFeatures']): void {
    const vector = Int8Array.from(b)
    const row = { fee: FEE, isPayerOwner: false, multiplier, label, p16, p: Uint16Array.from(p), pAt: 0, vector }
    this.#events.add({ ...row, vectorAt: 0 })
  }
}

class Limit {
  readonly #hashing = new Clock()
  readonly #scoring = new Clock()
  readonly #features = new Features()
  readonly #curvature = new CurvatureSum({ kind: 'factored', ...SHAPE })
  #frontier = emptyFrontier()
  #dBarFixed: bigint | null = null

  async addEpoch(bundle: EpochBundle): Promise<void> {
    const table = await openRecords(bundle.folder)
    let page = new Page()
    const hash = () => {
      this.#frontier = this.#hashing.time(() => page.hash(this.#frontier))
      page = new Page()
    }
    await readRecordsOfCut(table, bundle.manifest, (record) => {
      page.add(record)
      this.#features.add(record)
      if (page.rows === ROWS_AT_ONCE) hash()
    })
    await table.close()
    hash()
    assertSame('tree', toHex(frontierRoot(this.#frontier)), bundle.manifest.tree.root)
    this.#score(bundle)
  }

  measured(): LimitMeasured {
    return { hashing: this.#hashing.timed(), scoring: this.#scoring.timed() }
  }

  #score({ manifest }: EpochBundle): void {
    const [period] = manifest.periods
    const events = this.#features.take()
    const input = {
      ...{ shape: { kind: 'factored', ...SHAPE } as const, curvature: this.#curvature },
      ...{ contributions: this.#features.contributions.all, events: events.all },
      ...{ dataParts: 500_000, minEvents: 2, dBarFixed: this.#dBarFixed, pool: BigInt(period!.pool) },
    }
    const result = this.#scoring.time(() => attributePeriod(input))
    this.#dBarFixed = result.payment?.dBarFixed ?? this.#dBarFixed
    assertSame('V', toHex(sha256(encodeInt32(result.solved!.v))), period!.vHash)
  }
}

function assertSame(what: string, computed: string, published: string | null): void {
  if (computed !== published) throw new RangeError(`${what}: ${computed}, and the bundle has ${published}.`)
}

const limit = new Limit()
for (const folder of await findEpochFolders(process.argv[2]!))
  await limit.addEpoch(await readEpoch(folder, await checkFiles(folder.path)))
console.log(JSON.stringify(limit.measured()))
