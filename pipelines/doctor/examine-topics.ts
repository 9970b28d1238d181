import type { PartitionState, TopicState } from '../log-admin.ts'
import { thinTopics } from '../plan-topics.ts'
import { replicationFor, replicationOf, settingFaults, WANTED_TOPICS } from '../topic-settings.ts'
import { type Finding, ok } from './finding.ts'

const CREATE = 'tally topics create'

/** What a broker says of Tallystick's topics, without looking at the warehouse. */
export function examineTopics(states: readonly TopicState[], nodes: number): Finding[] {
  return [...missing(states), ...settings(states), ...copies(states, nodes), ...leaders(states)]
}

function missing(states: readonly TopicState[]): Finding[] {
  const existing = new Set(states.map(({ topic }) => topic))
  const gone = WANTED_TOPICS.filter(({ topic }) => !existing.has(topic))
  if (gone.length === 0) return [ok('topics', `all ${states.length} topics exist`)]
  return gone.map(({ topic, kind }) => ({
    check: 'topics',
    severity: kind === 'clock' ? 'warning' : 'error',
    subject: topic,
    found: 'does not exist, or may not be seen by this client',
    means: {
      input: 'Nothing can be sent to it, and ingest and close stop (TOPIC_MISSING).',
      output: 'No epoch can be closed: its cut is published there first (TOPIC_MISSING).',
      'dead letters': 'Dead letters wait in the warehouse; ingest and close go on.',
      clock: 'The clock of the broker cannot be looked at.',
    }[kind],
    mend: CREATE,
  }))
}

/** All but retention, which depends on what was read (examine-reading.ts). */
function settings(states: readonly TopicState[]): Finding[] {
  const findings: Finding[] = []
  for (const wanted of WANTED_TOPICS) {
    const state = states.find(({ topic }) => topic === wanted.topic)
    if (state === undefined) continue
    if (state.settings === null) {
      const found = 'its settings may not be read'
      const means = 'Whether they are right is not known.'
      const mend = `kafka-acls.sh --bootstrap-server … --add --allow-principal User:… --operation DescribeConfigs --topic ${state.topic}`
      findings.push({ check: 'settings', severity: 'warning', subject: state.topic, found, means, mend })
    }
    for (const { topic, name, found, wanted: to, severity, means } of settingFaults(wanted, state)) {
      if (name.startsWith('retention.')) continue
      const what = `${name} is ${found}, not ${to}`
      findings.push({ check: 'settings', severity, subject: topic, found: what, means, mend: CREATE })
    }
  }
  return findings.length > 0
    ? findings
    : [ok('settings', 'broker time, no compaction, sizes and in-sync copies are right')]
}

function copies(states: readonly TopicState[], nodes: number): Finding[] {
  const wanted = replicationFor(nodes)
  const findings: Finding[] = thinTopics(states, nodes).map((state) => ({
    check: 'replication',
    severity: 'error',
    subject: state.topic,
    found: `has ${replicationOf(state)} copies of a partition, and there are ${nodes} nodes`,
    means: 'With a node that is lost, records are lost for good.',
    mend: `kafka-reassign-partitions.sh --bootstrap-server … --execute --reassignment-json-file <${wanted} replicas for each partition of ${state.topic}>`,
  }))
  if (wanted < replicationFor(Number.POSITIVE_INFINITY)) {
    findings.push({
      check: 'replication',
      severity: 'warning',
      subject: null,
      found: `${nodes === 1 ? 'one node' : `${nodes} nodes`}, so at most ${wanted} copies`,
      means: 'What one disk loses is lost. Good for trying; money wants three nodes.',
      mend: 'Add nodes, then: tally doctor',
    })
  }
  return findings.length > 0 ? findings : [ok('replication', `every partition has at least ${wanted} copies`)]
}

function leaders(states: readonly TopicState[]): Finding[] {
  const findings: Finding[] = []
  const each = states.flatMap(({ topic, partitions }) => partitions.map((partition) => ({ topic, partition })))
  for (const { topic, partition } of each) {
    const subject = `${topic}/${partition.partition}`
    if (partition.leader < 0) {
      const found = 'is offline: no node leads it'
      const means = 'It can neither be read nor written; every epoch waits for it.'
      const mend = `Start the nodes ${partition.replicas.join(', ')} again`
      findings.push({ check: 'partitions', severity: 'error', subject, found, means, mend })
    } else if (lagging(partition).length > 0) {
      const found = `is under-replicated: ${lagging(partition).join(', ')} of ${partition.replicas.join(', ')} lag behind`
      const means = 'Fewer copies than wanted are up to date.'
      const mend = `Look after the nodes ${lagging(partition).join(', ')}; they catch up by themselves`
      findings.push({ check: 'partitions', severity: 'warning', subject, found, means, mend })
    }
  }
  return findings.length > 0 ? findings : [ok('partitions', `all ${each.length} partitions are led and in sync`)]
}

function lagging({ replicas, inSync }: PartitionState): number[] {
  return replicas.filter((node) => !inSync.includes(node))
}
