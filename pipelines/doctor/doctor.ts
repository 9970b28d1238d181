import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { TallyError } from '../../schemas/errors.ts'
import { INPUT_TOPICS } from '../../schemas/topics.ts'
import type { LogAdmin, TopicState } from '../log-admin.ts'
import type { PartitionBounds, RecordSource } from '../record-source.ts'
import { CLOCK_TOPIC, WANTED_TOPICS } from '../topic-settings.ts'
import type { Database } from '../warehouse/database.ts'
import { examineClock } from './examine-clock.ts'
import { examineFiles } from './examine-files.ts'
import {
  examineGroup,
  examineLetters,
  examinePositions,
  examineRetention,
  examineTransactions,
  type Reading,
} from './examine-reading.ts'
import { examineTopics } from './examine-topics.ts'
import { type Finding, note, ok } from './finding.ts'
import { readStored, type Stored } from './stored.ts'

/** A transaction that is still open after this long is told of. */
const SECOND_LOOK_MS = 1_500

export interface DoctorOptions {
  /** Path of the warehouse's file, which need not exist. */
  readonly warehousePath: string
  /** Opens it; called only when it exists. */
  readonly openWarehouse: () => Promise<Database>
  /** The broker; null for the embedded log. */
  readonly broker: { readonly admin: LogAdmin; readonly source: RecordSource; readonly groupId: string } | null
  /** Unix milliseconds. */
  readonly clock: () => bigint
}

export interface Diagnosis {
  /** False when there is a broker and it did not answer. */
  readonly isReached: boolean
  /** In the order of looking; one with severity `ok` for each check that found nothing. */
  readonly findings: readonly Finding[]
}

/**
 * Looks at the broker, its topics, and the warehouse against them. It changes nothing but the topic `tally.doctor`, to which
 * it appends one empty record to read the broker's clock. What cannot be looked at is a finding too.
 */
export async function diagnose(options: DoctorOptions): Promise<Diagnosis> {
  const findings: Finding[] = []
  const stored = await lookAtWarehouse(options, findings)
  const { broker } = options
  if (broker === null) {
    const found = 'the embedded log is in use (no KAFKA_BROKERS)'
    findings.push(note('broker', found, 'Settings, replication, retention, groups and clocks do not apply to it.'))
    if (stored !== null) findings.push(...examineLetters(stored))
    return { isReached: true, findings }
  }
  try {
    const nodes = (await broker.admin.nodes()).length
    findings.push(ok('broker', `reached; ${nodes === 1 ? 'one node is' : `${nodes} nodes are`} up`))
    const states = await broker.admin.topics(WANTED_TOPICS.map(({ topic }) => topic))
    findings.push(...examineTopics(states, nodes), ...(await lookAtClock(options, broker.admin, states)))
    findings.push(...(await lookAtReading(options, states, stored)))
    return { isReached: true, findings }
  } catch (error) {
    if (!(error instanceof TallyError)) throw error
    const mend = error.hint ?? null
    const means = 'Nothing else about it could be looked at.'
    findings.push({ check: 'broker', severity: 'error', subject: null, found: error.message, means, mend })
    return { isReached: error.code !== 'SOURCE_UNAVAILABLE', findings }
  }
}

/** Null when there is none, or when another process has it. */
async function lookAtWarehouse(options: DoctorOptions, findings: Finding[]): Promise<Stored | null> {
  const { warehousePath } = options
  if (!existsSync(warehousePath)) {
    findings.push(note('warehouse', `${warehousePath} does not exist yet`, 'Nothing was ever ingested here.'))
    return null
  }
  findings.push(...examineFiles(warehousePath))
  try {
    const stored = await readStored(await options.openWarehouse())
    findings.push(ok('warehouse', 'opens'))
    return stored
  } catch (error) {
    if (!(error instanceof TallyError)) throw error
    const isInUse = error.code === 'WAREHOUSE_LOCKED'
    findings.push({
      check: 'warehouse',
      severity: isInUse ? 'note' : 'error',
      subject: null,
      found: error.message,
      means: isInUse ? 'What is stored was not compared with the log.' : 'No verb that needs the ledger works.',
      mend: isInUse ? 'To compare it, stop that process and run: tally doctor' : (error.hint ?? null),
    })
    return null
  }
}

async function lookAtClock(
  { clock }: DoctorOptions,
  admin: LogAdmin,
  states: readonly TopicState[],
): Promise<Finding[]> {
  const state = states.find(({ topic }) => topic === CLOCK_TOPIC)
  if (state?.settings?.get('message.timestamp.type') !== 'LogAppendTime') return [] // what is wrong with it is said already
  const askedMs = clock()
  const appendedMs = await admin.appendTime(CLOCK_TOPIC)
  return [examineClock({ askedMs, appendedMs, answeredMs: clock() })]
}

async function lookAtReading(
  options: DoctorOptions,
  states: readonly TopicState[],
  stored: Stored | null,
): Promise<Finding[]> {
  const { source, admin, groupId } = options.broker!
  const inputs = INPUT_TOPICS.filter((topic) => states.some((each) => each.topic === topic))
  const bounds = await source.partitions(inputs)
  const findings = [...examineTransactions(bounds, await secondLook(source, inputs, bounds))]
  if (stored === null) return [...examineRetention(states, null), ...findings]
  const reading: Reading = { stored, bounds, nowMs: options.clock() }
  return [
    ...examineRetention(states, reading),
    ...examinePositions(reading),
    ...findings,
    ...examineGroup(groupId, await admin.groupOffsets(groupId, inputs), stored),
    ...examineLetters(stored),
  ]
}

/** Only when a transaction is open does it take time. */
async function secondLook(
  source: RecordSource,
  topics: readonly string[],
  first: readonly PartitionBounds[],
): Promise<readonly PartitionBounds[]> {
  if (first.every(({ endOffset, highWatermark }) => highWatermark <= endOffset)) return first
  await sleep(SECOND_LOOK_MS)
  return source.partitions(topics)
}
