import { fromBlob } from '../../pipelines/warehouse/blob.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { decodeRecord } from '../../schemas/decode-record.ts'
import { TallyError } from '../../schemas/errors.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { decodeHeaders } from '../../schemas/record-bytes.ts'
import { CorruptWarehouseError } from '../close/errors.ts'
import { Registry } from '../close/registry.ts'
import { lastEpoch } from '../epochs.ts'
import { policyInForce } from '../funding/policy.ts'

const policyRecords = readSql(new URL('./policy-records.sql', import.meta.url))

type PolicyBody = EventBodies['PolicyPublished']

/** A policy goes by the epoch of its acceptance; the first one of a ledger is in force at once. */
const NOTICE_EPOCHS = 2

export interface PublishedPolicy {
  readonly body: PolicyBody
  readonly acceptedIn: number
  /** The first epoch in which it may be in force. */
  readonly from: number
}

export interface PolicyAt {
  readonly epoch: number
  readonly policy: PublishedPolicy
  /** Accepted, and in force only later; the last of them that begins in an epoch counts. */
  readonly announced: readonly PublishedPolicy[]
}

export class NoPolicyError extends TallyError {
  override readonly code = 'NO_POLICY'
  constructor(facts: { epoch: number }) {
    super(`No policy is in force in epoch ${facts.epoch}.`, {
      facts,
      hint: 'A PolicyPublished, signed by the operator, has to be accepted first: nothing is funded before.',
    })
  }
}

/**
 * The policy that is in force in an epoch (default: the one that is open), as far as is known by now, and those that were announced.
 *
 * @throws {@link NoPolicyError}
 */
export async function policyAt(warehouse: Database, at?: number): Promise<PolicyAt> {
  const newest = (await lastEpoch(warehouse))?.epoch ?? 0
  const epoch = at ?? newest + 1
  const found = await policyInForce(warehouse, epoch)
  if (found === undefined) throw new NoPolicyError({ epoch })
  const published = await publishedPolicies(warehouse, newest)
  const policy = published.find(({ body }) => body.policy === found.policy)
  if (policy === undefined) throw new CorruptWarehouseError({ what: `policy ${found.policy} has no record` })
  return { epoch, policy, announced: published.filter(({ from }) => from > epoch) }
}

/** Every accepted policy, in accept order, as its record has it. */
async function publishedPolicies(warehouse: Database, newest: number): Promise<PublishedPolicy[]> {
  const { schemas } = await Registry.load(warehouse, newest)
  const published = new Map<string, PolicyBody>()
  for (const row of await warehouse.all(policyRecords)) {
    const decoded = decodeRecord(
      {
        ...{ topic: row.topic as string, key: null },
        ...{ headers: decodeHeaders(fromBlob(row.headers)), value: fromBlob(row.record_value) },
      },
      schemas,
    )
    if (decoded.outcome !== 'decoded' || decoded.event.type !== 'PolicyPublished')
      throw new CorruptWarehouseError({ rid: row.rid as bigint })
    published.set(decoded.event.body.policy, decoded.event.body)
  }
  const accepted = await warehouse.all<{ policy: string; epoch: number }>(
    'SELECT policy, epoch FROM policy ORDER BY epoch, ordinal',
  )
  return accepted.map(({ policy, epoch }, index) => ({
    body: published.get(policy)!,
    acceptedIn: epoch,
    from: index === 0 ? epoch : epoch + NOTICE_EPOCHS,
  }))
}
