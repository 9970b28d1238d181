import { OUTCOMES } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type Expected, expectedOutcomes } from './expected-outcomes.ts'
import type { Message } from './messages.ts'
import type { PublishedCut } from './published-cuts.ts'
import { type LogEnd, type LoggedRecord, placeOf } from './read-log.ts'
import type { StoredLedger, StoredRecord } from './read-warehouse.ts'

/** Everything that is known about a scenario after it ended, from four sides. */
export interface Found {
  /** What was meant to be sent. */
  readonly messages: readonly Message[]
  /** What the broker shows of the input topics. */
  readonly log: { readonly records: readonly LoggedRecord[]; readonly ends: readonly LogEnd[] }
  /** The cuts that count: of each epoch the first CutPublished on tally.epochs. */
  readonly published: readonly PublishedCut[]
  /** What went through the faults. */
  readonly stored: StoredLedger
  /** What a fresh process read afterwards, undisturbed, with the same cuts. */
  readonly reread: StoredLedger
}

/** What a check has to say; nothing when all is well. */
export interface Verdict {
  /** Records or events that are there no more. */
  readonly lost: readonly string[]
  /** Records or events that count more than once. */
  readonly doubled: readonly string[]
  readonly wrong: readonly string[]
}

export const CHECKS: Readonly<Record<string, (found: Found) => Verdict>> = {
  acknowledgedIsInTheLog,
  everyRecordHasOneRow,
  everyRecordHasOneLeaf,
  everyIdIsAcceptedOnce,
  outcomesAreTheSpecified,
  positionsAreTheStableEnds,
  cutsAreThePublished,
  aQuietReaderHasTheSameRoots,
}

/** What a broker acknowledged is in its log; what was only sent in transactions that were aborted is not visible. */
function acknowledgedIsInTheLog({ messages, log }: Found): Verdict {
  const there = new Set(log.records.map(({ message }) => message))
  return {
    lost: messages.filter(({ number, acknowledged }) => acknowledged && !there.has(number)).map(nameOf),
    doubled: [],
    wrong: messages
      .filter(({ number, aborted }) => aborted && there.has(number))
      .map((message) => `${nameOf(message)} is visible, although its transaction was aborted`),
  }
}

/** One row a record, with the record's content, and no row beside. */
function everyRecordHasOneRow({ log, stored }: Found): Verdict {
  const rows = byPlace(stored.records)
  const logged = new Map(log.records.map((record) => [offsetOf(record), record]))
  const lost: string[] = []
  const wrong: string[] = []
  for (const [place, record] of logged) {
    const row = rows.get(place)?.[0]
    if (row === undefined) lost.push(place)
    else if (row.contentHash !== record.contentHash) wrong.push(`${place} is stored with another content`)
  }
  const doubled = [...rows].filter(([, same]) => same.length > 1).map(([place]) => place)
  wrong.push(...[...rows.keys()].filter((place) => !logged.has(place)).map((place) => `${place} is not in the log`))
  return { lost, doubled, wrong }
}

/** One outcome a row; leaves are numbered without a gap in (epoch, topic, partition, offset) order; the tree holds them all. */
function everyRecordHasOneLeaf({ stored }: Found): Verdict {
  const lost = stored.records.filter(({ outcomes }) => outcomes.length === 0).map(offsetOf)
  const doubled = stored.records.filter(({ outcomes }) => outcomes.length > 1).map(offsetOf)
  const leaves = stored.records.flatMap((record) => record.outcomes.map((outcome) => ({ ...record, ...outcome })))
  leaves.sort(
    (a, b) =>
      a.epoch - b.epoch ||
      compare(a.topic, b.topic) ||
      a.partition - b.partition ||
      compare(a.offset, b.offset) ||
      compare(a.leafIndex, b.leafIndex),
  )
  const wrong = leaves
    .filter(({ leafIndex }, index) => leafIndex !== BigInt(index))
    .map((leaf) => `${offsetOf(leaf)} is leaf ${leaf.leafIndex}`)
  const size = stored.epochs.at(-1)?.treeSize
  if (size !== BigInt(stored.records.length))
    wrong.push(`${stored.records.length} records, and a ledger of ${size} leaves`)
  wrong.push(...stored.epochs.filter(({ state }) => state === 'open').map(({ epoch }) => `epoch ${epoch} is open`))
  return { lost, doubled, wrong }
}

/** An id counts once when a good record of it is in the log, and never otherwise; the same ids are the paid uses. */
function everyIdIsAcceptedOnce(found: Found): Verdict {
  const accepted = new Map<string, number>()
  const idOf = new Map(found.log.records.map((record) => [offsetOf(record), messageOf(found, record)]))
  for (const record of found.stored.records) {
    const message = idOf.get(offsetOf(record))
    if (message === undefined) continue
    for (const { outcome } of record.outcomes) {
      if (outcome === OUTCOMES.accepted) accepted.set(message.id, (accepted.get(message.id) ?? 0) + 1)
    }
  }
  const logged = new Set([...idOf.values()].filter((message) => message?.reason === null).map((message) => message!.id))
  const owed = new Set([
    ...logged,
    ...found.messages.filter(({ acknowledged, reason }) => acknowledged && reason === null).map(({ id }) => id),
  ])
  const uses = new Set(found.messages.filter(({ topic }) => topic === TOPICS.inferences).map(({ id }) => id))
  const paid = countOf(found.stored.inferenceIds)
  return {
    lost: [...owed].filter((id) => !accepted.has(id) || (uses.has(id) && !paid.has(id))),
    doubled: [...new Set([...accepted, ...paid].filter(([, times]) => times > 1).map(([id]) => id))],
    wrong: [...new Set([...accepted.keys(), ...paid.keys()])]
      .filter((id) => !logged.has(id))
      .map((id) => `${id} is accepted, although no good record of it is in the log`),
  }
}

/** Duplicates are duplicates, other content is ID_REUSED, what nobody can decode is rejected with its reason. */
function outcomesAreTheSpecified({ messages, log, published, stored }: Found): Verdict {
  const rows = byPlace(stored.records)
  const differs = ({ record, epoch, outcome, reason }: Expected): boolean => {
    const found = rows.get(offsetOf(record))?.[0]?.outcomes[0]
    return found?.epoch !== epoch || found.outcome !== outcome || found.reason !== reason
  }
  const wrong = expectedOutcomes(log.records, messages, published)
    .filter(differs)
    .map(({ record, message, epoch, outcome, reason }) => {
      const found = rows.get(offsetOf(record))?.[0]?.outcomes[0]
      return `${offsetOf(record)} (${nameOf(message)}) should have epoch ${epoch}, outcome ${outcome}, reason ${reason}, and has ${found?.epoch}, ${found?.outcome}, ${found?.reason}`
    })
  return { lost: [], doubled: [], wrong }
}

/** What is stored goes as far as the broker's stable offsets, in every partition, and no further. */
function positionsAreTheStableEnds({ log, stored }: Found): Verdict {
  const positions = new Map(stored.positions.map((each) => [placeOf(each), each.end]))
  const wrong = log.ends
    .filter((each) => (positions.get(placeOf(each)) ?? 0n) !== each.end)
    .map((each) => `${placeOf(each)} ends at ${each.end}, the position is ${positions.get(placeOf(each))}`)
  const known = new Set(log.ends.map(placeOf))
  wrong.push(...[...positions.keys()].filter((place) => !known.has(place)).map((place) => `${place} does not exist`))
  if (positions.size !== stored.positions.length) wrong.push('a partition has more than one position')
  return { lost: [], doubled: [], wrong }
}

/** Each epoch was cut where the first CutPublished of it says; after a crash there may be more of them, which say nothing. */
function cutsAreThePublished({ published, stored }: Found): Verdict {
  const text = ({ epoch, cutTimeMs, partitions }: PublishedCut): string =>
    `${epoch} ${cutTimeMs} ${partitions.map((cut) => `${placeOf(cut)}:${cut.incarnation}:${cut.fromOffset}-${cut.toOffset}`)}`
  const used = new Map(stored.cuts.map((cut) => [cut.epoch, text(cut)]))
  const wrong = published.filter((cut) => used.get(cut.epoch) !== text(cut)).map((cut) => `not used: ${text(cut)}`)
  wrong.push(
    ...stored.epochs
      .filter(({ epoch }) => !published.some((cut) => cut.epoch === epoch))
      .map(({ epoch }) => `not published: ${epoch}`),
  )
  return { lost: [], doubled: [], wrong }
}

/** Epoch by epoch the same root, and record by record the same outcome and leaf. */
function aQuietReaderHasTheSameRoots({ stored, reread }: Found): Verdict {
  const epochs = new Map(reread.epochs.map((each) => [each.epoch, each]))
  const wrong = stored.epochs
    .filter(({ epoch, root, treeSize }) => {
      const quiet = epochs.get(epoch)
      return root === null || quiet?.root !== root || quiet.treeSize !== treeSize
    })
    .map(({ epoch, root }) => `the root of epoch ${epoch} is ${root}, a quiet reader has ${epochs.get(epoch)?.root}`)
  if (stored.epochs.length !== reread.epochs.length)
    wrong.push(`${stored.epochs.length} epochs, a quiet reader has ${reread.epochs.length}`)
  const text = (record: StoredRecord): string =>
    `${offsetOf(record)} ${record.outcomes.map((each) => `${each.epoch}:${each.outcome}:${each.reason}:${each.leafIndex}`)}`
  const quiet = new Set(reread.records.map(text))
  wrong.push(
    ...stored.records
      .map(text)
      .filter((record) => !quiet.has(record))
      .map((record) => `not to a quiet reader: ${record}`),
  )
  return { lost: [], doubled: [], wrong }
}

function byPlace(records: readonly StoredRecord[]): Map<string, StoredRecord[]> {
  const rows = new Map<string, StoredRecord[]>()
  for (const record of records) {
    const same = rows.get(offsetOf(record))
    if (same === undefined) rows.set(offsetOf(record), [record])
    else same.push(record)
  }
  return rows
}

function messageOf({ messages }: Found, { message }: LoggedRecord): Message | undefined {
  return message === null ? undefined : messages[message]
}

function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}

function offsetOf(record: Pick<LoggedRecord, 'topic' | 'partition' | 'offset'>): string {
  return `${placeOf(record)}@${record.offset}`
}

function nameOf({ number, id }: Message): string {
  return `message ${number} (${id})`
}

function compare<Value extends bigint | string>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0
}
