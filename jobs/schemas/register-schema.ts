import { signEvent, type TypedDataSigner } from '../../anchor/signatures/signer.ts'
import type { RecordSink } from '../../pipelines/record-source.ts'
import { encodeEvent } from '../../schemas/encode-record.ts'
import { TallyError } from '../../schemas/errors.ts'
import { toAddress, toHex } from '../../schemas/ids.ts'
import { BUILT_IN_SCHEMA_IDS_FROM } from '../../schemas/limits.ts'
import { type RegistrableEventType, readRegisteredSchema } from '../../schemas/registered-schemas.ts'
import type { Ledger } from '../ledger.ts'

export class SchemaUnreadableError extends TallyError {
  override readonly code = 'SCHEMA_UNREADABLE'
  constructor(facts: { schemaId: number; eventType: string; detail: string }) {
    super(`Schema ${facts.schemaId} would be rejected. ${facts.detail}`, {
      facts,
      hint: 'docs/formats.md#schemas says what is read; `tally schema check` looks at a schema before it is registered.',
    })
  }
}

export class SchemaIdError extends TallyError {
  override readonly code = 'USAGE'
  constructor(facts: { schemaId: number }) {
    super(`${facts.schemaId} is no id that can be registered.`, {
      facts,
      hint: `Ids from 1 to ${BUILT_IN_SCHEMA_IDS_FROM - 1} can.`,
    })
  }
}

export class NotOperatorError extends TallyError {
  override readonly code = 'NOT_OPERATOR'
  constructor(facts: { signer: string; operator: string }) {
    super(`${facts.signer} is not the operator of this ledger, ${facts.operator}.`, {
      facts,
      hint: 'Set OPERATOR_KEY to the key of the operator that the genesis names.',
    })
  }
}

export interface SchemaRegistration {
  readonly schemaId: number
  readonly eventType: RegistrableEventType
  /** JSON text, as the producer's registry has it. */
  readonly schema: string
}

export interface RegisterSchemaOptions {
  readonly ledger: Ledger
  readonly sink: RecordSink
  /** The operator. */
  readonly signer: TypedDataSigner
  readonly registration: SchemaRegistration
  /** RFC 3339; shown to people. */
  readonly time: string
}

/**
 * Appends a SchemaRegistered signed by the operator. What would be rejected at close is not appended. Its id follows from the
 * schema's: registered again with the same text, also by another process, it is a duplicate.
 *
 * @throws SchemaIdError, SchemaUnreadableError, NotOperatorError; nothing was appended
 */
export async function registerSchema(options: RegisterSchemaOptions): Promise<void> {
  const { ledger, sink, signer, registration, time } = options
  const { schemaId, eventType, schema } = registration
  if (!Number.isInteger(schemaId) || schemaId < 1 || schemaId >= BUILT_IN_SCHEMA_IDS_FROM)
    throw new SchemaIdError({ schemaId })
  const operator = ledger.genesis.operator
  if (toAddress(signer.address) !== operator) throw new NotOperatorError({ signer: signer.address, operator })
  const read = readRegisteredSchema(eventType, schema)
  if (read.outcome === 'incompatible') throw new SchemaUnreadableError({ schemaId, eventType, detail: read.detail })
  const event = await signEvent(ledger.ledgerId, signer, {
    type: 'SchemaRegistered',
    source: `urn:tallystick:${toHex(ledger.ledgerId)}`,
    id: `schema-${schemaId}`,
    body: { schemaId, eventType, schema },
  })
  await sink.append([encodeEvent(event, time)])
}
