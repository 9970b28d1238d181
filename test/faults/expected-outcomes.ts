import { OUTCOMES, REJECTION_REASONS } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import type { Message } from './messages.ts'
import type { PublishedCut } from './published-cuts.ts'
import { type LoggedRecord, placeOf } from './read-log.ts'

/** What docs/formats.md#decisions says of a record, worked out from what was meant and from the log alone. */
export interface Expected {
  readonly record: LoggedRecord
  readonly message: Message
  readonly epoch: number
  readonly outcome: number
  readonly reason: number
}

/**
 * The outcome of each record of the load, in the order of the log's partitions. Inferences only refer to what was
 * registered before all of them, so only their bytes, and who used an id first in accept order, decide.
 */
export function expectedOutcomes(
  records: readonly LoggedRecord[],
  messages: readonly Message[],
  cuts: readonly PublishedCut[],
): Expected[] {
  const used = new Map<string, Buffer>()
  return inAcceptOrder(records, cuts).map(({ record, epoch }) => {
    const message = messages[record.message ?? -1]
    if (message === undefined) throw new Error(`${placeOf(record)}@${record.offset} was sent by somebody else.`)
    const decided = (outcome: number, reason: number): Expected => ({ record, message, epoch, outcome, reason })
    if (message.reason !== null) return decided(OUTCOMES.rejected, REJECTION_REASONS[message.reason])
    const id = `${message.source}\0${message.id}`
    const first = used.get(id)
    if (first === undefined) {
      used.set(id, record.value!)
      return decided(OUTCOMES.accepted, 0)
    }
    return first.equals(record.value!)
      ? decided(OUTCOMES.duplicate, 0)
      : decided(OUTCOMES.rejected, REJECTION_REASONS.ID_REUSED)
  })
}

/** (epoch, effective time, registry topic first, topic, partition, offset); epoch 0: below no cut. */
function inAcceptOrder(records: readonly LoggedRecord[], cuts: readonly PublishedCut[]) {
  const runningMax = new Map<string, bigint>()
  const placed = [...records]
    .sort((a, b) => compare(a.topic, b.topic) || a.partition - b.partition || compare(a.offset, b.offset))
    .map((record) => {
      const before = runningMax.get(placeOf(record)) ?? 0n
      const effectiveMs = record.appendMs > before ? record.appendMs : before
      runningMax.set(placeOf(record), effectiveMs)
      return { record, effectiveMs, epoch: epochOf(record, cuts) }
    })
  return placed.sort(
    (a, b) =>
      a.epoch - b.epoch ||
      compare(a.effectiveMs, b.effectiveMs) ||
      Number(b.record.topic === TOPICS.registry) - Number(a.record.topic === TOPICS.registry),
    // The sort is stable: what is left is (topic, partition, offset).
  )
}

function epochOf({ topic, partition, offset }: LoggedRecord, cuts: readonly PublishedCut[]): number {
  const cut = cuts.find(({ partitions }) =>
    partitions.some(
      (each) =>
        each.topic === topic && each.partition === partition && each.fromOffset <= offset && offset < each.toOffset,
    ),
  )
  return cut?.epoch ?? 0
}

function compare<Value extends bigint | string>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0
}
