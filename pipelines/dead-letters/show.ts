import { ceTypeOf } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'
import { decodeValue } from '../../schemas/wire-format.ts'
import type { Database } from '../warehouse/database.ts'
import { readSql } from '../warehouse/read-sql.ts'
import { LetterUnknownError } from './errors.ts'
import { type LetterRecord, letterId } from './letter-record.ts'
import { toLetterRecord } from './letter-row.ts'
import { type ListedLetter, listLetters } from './list.ts'

const oneLetter = readSql(new URL('./page-to-redrive.sql', import.meta.url))
const WIRE_PREFIX_BYTES = 5

export interface ShownLetter extends ListedLetter {
  /** The deterministic id that its header `tally_dlq_id` carries. */
  readonly id: string
  readonly record: Pick<LetterRecord, 'key' | 'headers' | 'value'>
  readonly decoded: DecodedValueOfLetter
}

/** The value as far as it can be read. */
export interface DecodedValueOfLetter {
  readonly schemaId: number | null
  readonly type: string | null
  readonly body: unknown
  /** Why there is no body. */
  readonly fault: string | null
}

/** A letter with its record's bytes. @throws LetterUnknownError */
export async function showLetter(warehouse: Database, ledgerId: Uint8Array, letter: bigint): Promise<ShownLetter> {
  const [listed] = await listLetters(warehouse, { letter, limit: 1 })
  const [row] = await warehouse.all(oneLetter, { letters: letter.toString(), bytes: 0 })
  if (listed === undefined || row === undefined) throw new LetterUnknownError({ letter: letter.toString() })
  const { key, headers, value, ...place } = toLetterRecord(row)
  return { ...listed, id: letterId(ledgerId, place), record: { key, headers, value }, decoded: decodedOf(value) }
}

function decodedOf(value: Uint8Array | null): DecodedValueOfLetter {
  if (value === null) return { schemaId: null, type: null, body: null, fault: 'The record has no value.' }
  const decoded = decodeValue(value)
  const hasId = value.length >= WIRE_PREFIX_BYTES && value[0] === 0
  const schemaId = hasId ? Buffer.from(value.subarray(1, WIRE_PREFIX_BYTES)).readUInt32BE(0) : null
  if (decoded.outcome === 'undecided')
    return {
      schemaId,
      type: null,
      body: null,
      fault: 'Its schema is not built in: whether it is registered, close decides.',
    }
  if (decoded.outcome === 'rejected') return { schemaId, type: null, body: null, fault: decoded.detail }
  return { schemaId, type: ceTypeOf(decoded.type), body: readable(decoded.body), fault: null }
}

/** Bytes as hex and integers beyond 2^53 as text, so that JSON holds them. */
function readable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, readable(field)]))
}
