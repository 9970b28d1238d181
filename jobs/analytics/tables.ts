import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import { OUTCOMES, REJECTION_REASONS } from '../../schemas/rejection.ts'
import { USE_EPOCHS_MAX } from '../funding/held-fees.ts'

/** Tables for analysts: one partition an epoch, written once the epoch is settled. docs/analytics.md says what is in them. */
export const TABLES = [
  'accounts',
  'assets',
  'contributions',
  'cuts',
  'deposits',
  'epochs',
  'fees',
  'item_values',
  'lines',
  'ownership_changes',
  'parents',
  'ratings',
  'records',
  'scores',
  'units',
  'uses',
  'withdrawals',
] as const
export type TableName = (typeof TABLES)[number]

const QUERIES = new Map(TABLES.map((name) => [name, readSql(new URL(`./tables/${name}.sql`, import.meta.url))]))

/** The query that gives a table's rows of an epoch from a warehouse, amounts as DECIMAL(38, 0). */
export function rowsOfEpoch(table: TableName, epoch: number): string {
  return QUERIES.get(table)!
    .replaceAll('$epoch', String(epoch))
    .replaceAll('$firstUse', String(epoch - USE_EPOCHS_MAX))
    .replaceAll('$outcomes', namesOf(OUTCOMES))
    .replaceAll('$reasons', namesOf(REJECTION_REASONS))
}

/** A DuckDB map from codes to names; of 0, which stands for none, where nothing is named so, NULL. */
function namesOf(codes: Readonly<Record<string, number>>): string {
  return `MAP {${Object.entries(codes)
    .map(([name, code]) => `${code}: '${name}'`)
    .join(', ')}}`
}
