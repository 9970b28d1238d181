import type { LogAdmin, TopicState, TopicToCreate } from './log-admin.ts'
import {
  replicationFor,
  replicationOf,
  settingFaults,
  settingsFor,
  WANTED_TOPICS,
  type WantedTopic,
} from './topic-settings.ts'

export interface TopicWishes {
  /** Of topics without an order over all their records. Existing ones grow to it, and never shrink. Default: 3, none grows. */
  readonly partitions?: number | undefined
  /** Copies of each partition of new topics. Default: 3, or one for each node when there are fewer. */
  readonly replication?: number | undefined
}

export type TopicStep =
  | ({ readonly step: 'create' } & TopicToCreate)
  | { readonly step: 'set'; readonly topic: string; readonly name: string; readonly from: string; readonly to: string }
  | { readonly step: 'grow'; readonly topic: string; readonly from: number; readonly to: number }

const PARTITIONS_DEFAULT = 3

/** What is missing for every topic to exist with the settings it needs; nothing when all is well. Changes nothing. */
export async function planTopics(admin: LogAdmin, wishes: TopicWishes): Promise<TopicStep[]> {
  const replication = wishes.replication ?? replicationFor((await admin.nodes()).length)
  const states = new Map(
    (await admin.topics(WANTED_TOPICS.map(({ topic }) => topic))).map((each) => [each.topic, each]),
  )
  return WANTED_TOPICS.flatMap((wanted): TopicStep[] => {
    const state = states.get(wanted.topic)
    if (state !== undefined) return stepsFor(wanted, state, wishes)
    const partitions = wanted.isOrdered ? 1 : (wishes.partitions ?? PARTITIONS_DEFAULT)
    return [
      { step: 'create', topic: wanted.topic, partitions, replication, settings: settingsFor(wanted, replication) },
    ]
  })
}

function stepsFor(wanted: WantedTopic, state: TopicState, wishes: TopicWishes): TopicStep[] {
  const { topic, partitions } = state
  const steps: TopicStep[] = settingFaults(wanted, state).map(({ name, found, wanted: to }) => {
    return { step: 'set', topic, name, from: found, to }
  })
  const grown = wanted.isOrdered ? 0 : (wishes.partitions ?? 0)
  if (grown > partitions.length) steps.push({ step: 'grow', topic, from: partitions.length, to: grown })
  return steps
}

/**
 * Takes the steps of a plan, one topic after the other. Killed in between: some topics are done, and the next plan holds the
 * rest. Settings that no step names stay as they are.
 */
export async function applyTopics(admin: LogAdmin, steps: readonly TopicStep[]): Promise<void> {
  for (const topic of new Set(steps.map((each) => each.topic))) {
    const own = steps.filter((each) => each.topic === topic)
    const changes: Record<string, string> = {}
    for (const each of own) {
      if (each.step === 'create') await admin.createTopic(each)
      if (each.step === 'grow') await admin.addPartitions(topic, each.to)
      if (each.step === 'set') changes[each.name] = each.to
    }
    if (Object.keys(changes).length > 0) await admin.changeSettings(topic, changes)
  }
}

/** Topics whose partitions have fewer copies than the cluster could keep: no client of ours moves replicas. */
export function thinTopics(states: readonly TopicState[], nodes: number): TopicState[] {
  return states.filter((state) => replicationOf(state) < replicationFor(nodes))
}
