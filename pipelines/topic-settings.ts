import { RECORD_BYTES_MAX } from '../schemas/limits.ts'
import { deadLetterTopic, INPUT_TOPICS, TOPICS } from '../schemas/topics.ts'
import type { TopicState } from './log-admin.ts'

/** Takes the empty records by which `tally doctor` reads the broker's clock; nobody reads it. */
export const CLOCK_TOPIC = 'tally.doctor'

export type TopicKind = 'input' | 'output' | 'dead letters' | 'clock'

export interface WantedTopic {
  readonly topic: string
  readonly kind: TopicKind
  /** Registry, chain, disputes, epochs and dead letters are ordered over the whole topic: one partition. */
  readonly isOrdered: boolean
}

export const WANTED_TOPICS: readonly WantedTopic[] = [
  ...INPUT_TOPICS.map((topic) => ({
    topic,
    kind: 'input' as const,
    isOrdered: topic === TOPICS.registry || topic === TOPICS.chain || topic === TOPICS.disputes,
  })),
  { topic: TOPICS.epochs, kind: 'output', isOrdered: true },
  ...INPUT_TOPICS.map((topic) => ({ topic: deadLetterTopic(topic), kind: 'dead letters' as const, isOrdered: true })),
  { topic: CLOCK_TOPIC, kind: 'clock', isOrdered: true },
]

const REPLICATION_WANTED = 3
/** What a batch adds to its one record: 61 bytes of its own, lengths of each field, a few for each of many headers. */
const FRAME_BYTES = 64 * 1024
/** Two of the largest records: one over the limit still gets in, is seen and becomes a dead letter. */
const MESSAGE_BYTES = 2 * RECORD_BYTES_MAX
/** A dead letter carries headers of ours beside everything of its record. */
const LETTER_MESSAGE_BYTES = MESSAGE_BYTES + FRAME_BYTES
const LETTER_RETENTION_MS = 90 * 86_400_000
const CLOCK_RETENTION_MS = 3_600_000

/** How many copies of each partition a cluster of so many nodes can keep, at most three. */
export function replicationFor(nodes: number): number {
  return Math.max(1, Math.min(REPLICATION_WANTED, nodes))
}

/** With three copies, two have to have a record before it counts as written; with fewer, one node may be missing only so. */
function minInSyncFor(replication: number): number {
  return replication >= REPLICATION_WANTED ? 2 : 1
}

/** The settings with which a topic is created. */
export function settingsFor({ kind }: WantedTopic, replication: number): Record<string, string> {
  return {
    'message.timestamp.type': 'LogAppendTime',
    'cleanup.policy': 'delete',
    'retention.ms': String(
      { input: -1, output: -1, 'dead letters': LETTER_RETENTION_MS, clock: CLOCK_RETENTION_MS }[kind],
    ),
    'retention.bytes': '-1',
    'max.message.bytes': String(kind === 'dead letters' ? LETTER_MESSAGE_BYTES : MESSAGE_BYTES),
    'min.insync.replicas': String(minInSyncFor(replication)),
    'unclean.leader.election.enable': 'false',
  }
}

export interface SettingFault {
  readonly topic: string
  readonly name: string
  readonly found: string
  readonly wanted: string
  readonly severity: 'warning' | 'error'
  /** What follows from it, in one sentence. */
  readonly means: string
}

/** Severity and consequence of each setting that can be wrong. */
const CONSEQUENCES: Readonly<Record<string, Pick<SettingFault, 'severity' | 'means'>>> = {
  'message.timestamp.type': {
    severity: 'error',
    means:
      'Records carry the time that their producer chose; ingest stops at the first one (PRODUCER_TIME). Those that are there keep it.',
  },
  'cleanup.policy': {
    severity: 'error',
    means: 'Compaction removes records whose key comes again: they vanish before or after they were read.',
  },
  'retention.ms': { severity: 'warning', means: 'Old records are deleted, read or not.' },
  'retention.bytes': { severity: 'warning', means: 'Records are deleted when the partition grows, read or not.' },
  'max.message.bytes': {
    severity: 'warning',
    means: 'Records of up to 1 MiB are valid, but the broker refuses the larger ones of them.',
  },
  'min.insync.replicas': {
    severity: 'error',
    means:
      'A record counts as written while one node alone has it, and is lost with that node; or nothing can be written.',
  },
  'unclean.leader.election.enable': {
    severity: 'error',
    means: 'A node that lacks records may come to lead: acknowledged records vanish and offsets are given out twice.',
  },
}

/** The settings of an existing topic that are wrong; none when they cannot be read. Retention of dead letters is a choice. */
export function settingFaults(wanted: WantedTopic, state: TopicState): SettingFault[] {
  const { settings } = state
  if (settings === null) return []
  const replication = replicationOf(state)
  const faults: SettingFault[] = []
  for (const [name, value] of Object.entries(settingsFor(wanted, replication))) {
    const found = settings.get(name)
    if (found === undefined || isGood(name, found, value, wanted, replication)) continue
    faults.push({ topic: state.topic, name, found, wanted: value, ...CONSEQUENCES[name]! })
  }
  return faults
}

function isGood(name: string, found: string, wanted: string, { kind }: WantedTopic, replication: number): boolean {
  switch (name) {
    case 'retention.ms':
    case 'retention.bytes':
      return kind === 'dead letters' || kind === 'clock' || found === wanted
    case 'max.message.bytes':
      return Number(found) >= (kind === 'clock' ? 0 : Number(wanted) - RECORD_BYTES_MAX + FRAME_BYTES)
    case 'min.insync.replicas':
      return Number(found) >= Number(wanted) && Number(found) <= replication
    default:
      return found === wanted
  }
}

/** The smallest number of copies that a partition has. */
export function replicationOf({ partitions }: TopicState): number {
  return Math.min(...partitions.map(({ replicas }) => replicas.length))
}
