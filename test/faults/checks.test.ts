import { describe, expect, test } from '@jest/globals'
import { OUTCOMES, REJECTION_REASONS } from '../../schemas/rejection.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { CHECKS, type Found, type Verdict } from './checks.ts'
import type { Message } from './messages.ts'
import type { LoggedRecord } from './read-log.ts'
import type { StoredLedger, StoredRecord } from './read-warehouse.ts'

// Each check has to fail when what it looks at is not so: a check that always holds would hold for a broken ingester too.

/** What became of the messages: one accepted, its duplicate, another content under its id, a corrupt one, an aborted one. */
const KINDS = ['accepted', 'duplicate', 'reused', 'corrupt', 'aborted', 'later'] as const
const OUTCOME_OF = {
  accepted: [OUTCOMES.accepted, 0],
  duplicate: [OUTCOMES.duplicate, 0],
  reused: [OUTCOMES.rejected, REJECTION_REASONS.ID_REUSED],
  corrupt: [OUTCOMES.rejected, REJECTION_REASONS.AVRO_INVALID],
  later: [OUTCOMES.accepted, 0],
} as const

type Writable<Value> = Value extends Message | Uint8Array
  ? Value
  : Value extends readonly (infer Item)[]
    ? Writable<Item>[]
    : Value extends object
      ? { -readonly [Key in keyof Value]: Writable<Value[Key]> }
      : Value

function message(number: number, kind: (typeof KINDS)[number]): Message {
  return {
    number,
    topic: TOPICS.inferences,
    partition: 0,
    source: 'urn:gateway',
    id: kind === 'later' || kind === 'aborted' ? kind : 'use',
    record: { key: Buffer.of(), headers: [], value: Buffer.from(kind === 'reused' ? 'other' : 'value') },
    reason: kind === 'corrupt' ? 'AVRO_INVALID' : null,
    sends: 1,
    acknowledged: kind !== 'aborted',
    aborted: kind === 'aborted',
  }
}

/** One partition, two epochs: `later` is in the second one. */
function wellDone(): Writable<Found> {
  const kinds = KINDS.filter((kind) => kind !== 'aborted')
  const records = kinds.map((kind, index): LoggedRecord => {
    const { value } = message(0, kind).record
    return {
      topic: TOPICS.inferences,
      partition: 0,
      offset: BigInt(index),
      appendMs: BigInt(1_000 + index),
      contentHash: `content ${index}`,
      value: Buffer.from(value!),
      message: KINDS.indexOf(kind),
    }
  })
  const partition = { topic: TOPICS.inferences, partition: 0, incarnation: 0 }
  const published = [
    { epoch: 1, cutTimeMs: 1_004n, partitions: [{ ...partition, fromOffset: 0n, toOffset: 4n }] },
    { epoch: 2, cutTimeMs: 1_010n, partitions: [{ ...partition, fromOffset: 4n, toOffset: 5n }] },
  ]
  const ends = [{ topic: TOPICS.inferences, partition: 0, end: 5n }]
  const ledger = (): StoredLedger => ({
    records: kinds.map((kind, index): StoredRecord => {
      const [outcome, reason] = OUTCOME_OF[kind]
      const epoch = kind === 'later' ? 2 : 1
      return {
        topic: TOPICS.inferences,
        partition: 0,
        offset: BigInt(index),
        contentHash: `content ${index}`,
        outcomes: [{ epoch, outcome, reason, leafIndex: BigInt(index) }],
      }
    }),
    positions: ends.map((each) => ({ ...each })),
    epochs: [
      { epoch: 1, state: 'closed', treeSize: 4n, root: 'root 1' },
      { epoch: 2, state: 'closed', treeSize: 5n, root: 'root 2' },
    ],
    cuts: structuredClone(published),
    inferenceIds: ['later', 'use'],
  })
  const messages = KINDS.map((kind, number) => message(number, kind))
  return { messages, log: { records, ends }, published, stored: ledger(), reread: ledger() } as Writable<Found>
}

const NOTHING: Verdict = { lost: [], doubled: [], wrong: [] }
type Break = (found: Writable<Found>) => void

/** What is broken, the check that has to see it, and what it calls it. */
const BROKEN: readonly (readonly [what: string, check: keyof typeof CHECKS, says: keyof Verdict, Break])[] = [
  ['the broker lost an acknowledged record', 'acknowledgedIsInTheLog', 'lost', ({ log }) => log.records.splice(1, 1)],
  [
    'an aborted record is visible',
    'acknowledgedIsInTheLog',
    'wrong',
    ({ log }) => {
      log.records[1]!.message = 4
    },
  ],
  ['a row is missing', 'everyRecordHasOneRow', 'lost', ({ stored }) => stored.records.splice(3, 1)],
  ['a row is there twice', 'everyRecordHasOneRow', 'doubled', ({ stored }) => stored.records.push(stored.records[0]!)],
  [
    'a row of no record',
    'everyRecordHasOneRow',
    'wrong',
    ({ stored }) => {
      stored.records[0]!.offset = 9n
    },
  ],
  [
    'a row of other bytes',
    'everyRecordHasOneRow',
    'wrong',
    ({ stored }) => {
      stored.records[0]!.contentHash = ''
    },
  ],
  ['a row without an outcome', 'everyRecordHasOneLeaf', 'lost', ({ stored }) => stored.records[2]!.outcomes.splice(0)],
  [
    'a row with two outcomes',
    'everyRecordHasOneLeaf',
    'doubled',
    ({ stored }) => stored.records[2]!.outcomes.push(stored.records[2]!.outcomes[0]!),
  ],
  [
    'two leaves that changed places',
    'everyRecordHasOneLeaf',
    'wrong',
    ({ stored }) => {
      stored.records[0]!.outcomes[0]!.leafIndex = 1n
      stored.records[1]!.outcomes[0]!.leafIndex = 0n
    },
  ],
  [
    'a leaf too few',
    'everyRecordHasOneLeaf',
    'wrong',
    ({ stored }) => {
      stored.epochs[1]!.treeSize = 4n
    },
  ],
  [
    'an epoch that is not closed',
    'everyRecordHasOneLeaf',
    'wrong',
    ({ stored }) => {
      stored.epochs[1]!.state = 'open'
    },
  ],
  [
    'an id that is never accepted',
    'everyIdIsAcceptedOnce',
    'lost',
    ({ stored }) => {
      stored.records[0]!.outcomes[0]!.outcome = OUTCOMES.duplicate
    },
  ],
  [
    'an id that is accepted twice',
    'everyIdIsAcceptedOnce',
    'doubled',
    ({ stored }) => {
      stored.records[1]!.outcomes[0]!.outcome = OUTCOMES.accepted
    },
  ],
  ['a use that is not paid', 'everyIdIsAcceptedOnce', 'lost', ({ stored }) => stored.inferenceIds.splice(0, 1)],
  ['a use that is paid twice', 'everyIdIsAcceptedOnce', 'doubled', ({ stored }) => stored.inferenceIds.push('use')],
  ['a use that nobody sent', 'everyIdIsAcceptedOnce', 'wrong', ({ stored }) => stored.inferenceIds.push('stranger')],
  [
    'a duplicate that is called a reused id',
    'outcomesAreTheSpecified',
    'wrong',
    ({ stored }) =>
      Object.assign(stored.records[1]!.outcomes[0]!, {
        outcome: OUTCOMES.rejected,
        reason: REJECTION_REASONS.ID_REUSED,
      }),
  ],
  [
    'another content that is called a duplicate',
    'outcomesAreTheSpecified',
    'wrong',
    ({ stored }) => Object.assign(stored.records[2]!.outcomes[0]!, { outcome: OUTCOMES.duplicate, reason: 0 }),
  ],
  [
    'another reason',
    'outcomesAreTheSpecified',
    'wrong',
    ({ stored }) => {
      stored.records[3]!.outcomes[0]!.reason = REJECTION_REASONS.VALUE_MISSING
    },
  ],
  [
    'another epoch',
    'outcomesAreTheSpecified',
    'wrong',
    ({ stored }) => {
      stored.records[4]!.outcomes[0]!.epoch = 1
    },
  ],
  [
    'a position that stays behind',
    'positionsAreTheStableEnds',
    'wrong',
    ({ stored }) => {
      stored.positions[0]!.end = 4n
    },
  ],
  [
    'a position too far',
    'positionsAreTheStableEnds',
    'wrong',
    ({ stored }) => {
      stored.positions[0]!.end = 6n
    },
  ],
  ['no position', 'positionsAreTheStableEnds', 'wrong', ({ stored }) => stored.positions.splice(0)],
  ['a position of no partition', 'positionsAreTheStableEnds', 'wrong', ({ log }) => log.ends.splice(0)],
  [
    'two positions of a partition',
    'positionsAreTheStableEnds',
    'wrong',
    ({ stored }) => stored.positions.push(stored.positions[0]!),
  ],
  [
    'a cut elsewhere',
    'cutsAreThePublished',
    'wrong',
    ({ stored }) => {
      stored.cuts[0]!.partitions[0]!.toOffset = 3n
    },
  ],
  ['a cut that was not published', 'cutsAreThePublished', 'wrong', ({ published }) => published.splice(1)],
  ['a cut that nobody used', 'cutsAreThePublished', 'wrong', ({ stored }) => stored.cuts.splice(1)],
  [
    'another root',
    'aQuietReaderHasTheSameRoots',
    'wrong',
    ({ reread }) => {
      reread.epochs[1]!.root = 'other'
    },
  ],
  [
    'another size',
    'aQuietReaderHasTheSameRoots',
    'wrong',
    ({ reread }) => {
      reread.epochs[0]!.treeSize = 3n
    },
  ],
  [
    'an epoch more',
    'aQuietReaderHasTheSameRoots',
    'wrong',
    ({ reread }) => reread.epochs.push({ ...reread.epochs[1]!, epoch: 3 }),
  ],
  [
    'another outcome to a quiet reader',
    'aQuietReaderHasTheSameRoots',
    'wrong',
    ({ reread }) => {
      reread.records[0]!.outcomes[0]!.outcome = OUTCOMES.duplicate
    },
  ],
]

describe('the checks after a fault', () => {
  test.each(Object.entries(CHECKS))('%s holds when all is well', (_, check) => {
    expect(check(wellDone())).toEqual(NOTHING)
  })

  test.each(BROKEN)('%s: %s says what is %s', (_, check, says, breakIt) => {
    const found = wellDone()
    breakIt(found)
    expect(CHECKS[check]!(found)[says]).not.toEqual([])
  })

  test('every check is broken here', () => {
    expect([...new Set(BROKEN.map(([, check]) => check))].sort()).toEqual(Object.keys(CHECKS).sort())
  })
})
