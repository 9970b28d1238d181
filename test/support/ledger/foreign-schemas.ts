import { readFileSync } from 'node:fs'
import avro from 'avsc'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import type { EventType } from '../../../schemas/events.ts'

/** A field of a schema as JSON has it. */
export type Field = { readonly name: string; readonly type: unknown; readonly default?: unknown }
export interface RecordSchema {
  readonly type: 'record'
  readonly name: string
  readonly namespace?: string
  readonly fields: readonly Field[]
}

/** Our own schema of an event type, as its file has it. */
export function builtInJson(event: EventType): RecordSchema {
  return JSON.parse(readFileSync(new URL(`../../../schemas/avro/${event}.v1.avsc`, import.meta.url), 'utf8'))
}

/** Our own schema of an event type with other fields around or instead of its own. */
export function evolved(
  event: EventType,
  change: { readonly first?: readonly Field[]; readonly last?: readonly Field[]; readonly without?: string } = {},
): RecordSchema {
  const own = builtInJson(event)
  const kept = own.fields.filter((field) => field.name !== change.without)
  return { ...own, fields: [...(change.first ?? []), ...kept, ...(change.last ?? [])] }
}

/** What a producer has whose records say more than ours: behind and before our fields, of every kind of type. */
export const WIDER_USE: RecordSchema = evolved('InferenceRecorded', {
  first: [{ name: 'region', type: 'string', default: 'eu' }],
  last: [
    { name: 'latency_ms', type: ['null', 'double'], default: null },
    { name: 'tags', type: { type: 'map', values: { type: 'array', items: 'string' } }, default: {} },
    {
      name: 'trace',
      type: {
        type: 'record',
        name: 'Trace',
        fields: [{ name: 'id', type: { type: 'fixed', name: 'TraceId', size: 16 } }],
      },
    },
  ],
})
export const WIDER_USE_EXTRAS = {
  region: 'us',
  latency_ms: 12.5,
  tags: { team: ['a', 'ü'] },
  trace: { id: Buffer.alloc(16, 7) },
}

/** Puts another schema id and other Avro bytes into a record. */
function withValue(record: OutgoingRecord, schemaId: number, avroBytes: Uint8Array): OutgoingRecord {
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(schemaId, 1)
  return { ...record, value: Buffer.concat([prefix, avroBytes]) }
}

/** The same Avro bytes under another schema id: a producer that uses our schema through a registry. */
export function renumbered(record: OutgoingRecord, schemaId: number): OutgoingRecord {
  return withValue(record, schemaId, record.value.subarray(5))
}

/** The use with more fields, written by avsc with {@link WIDER_USE}. */
export function widerUse(record: OutgoingRecord, schemaId: number): OutgoingRecord {
  const plain = avro.Type.forSchema(builtInJson('InferenceRecorded') as unknown as avro.Schema)
  const wider = avro.Type.forSchema(WIDER_USE as unknown as avro.Schema)
  const body = plain.fromBuffer(Buffer.from(record.value.subarray(5)))
  return withValue(record, schemaId, wider.toBuffer({ ...body, ...WIDER_USE_EXTRAS }))
}
