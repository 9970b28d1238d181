import { UINT16_MAX } from '../../../schemas/limits.ts'
import type { Cells } from './cells.ts'
import type { ContributionList, InferenceList } from './feature-files.ts'
import type { Column, TableReader } from './table-reader.ts'

export const CONTRIBUTION_COLUMNS: readonly Column[] = [
  { name: 'contribution_id', type: 'text' },
  { name: 'account', type: 'text' },
  { name: 'withdrawn', type: 'flag', isOptional: true },
]
const USE_COLUMNS: readonly Column[] = [
  { name: 'inference_id', type: 'text' },
  { name: 'fee', type: 'amount' },
  { name: 'payer', type: 'text' },
  { name: 'own', type: 'flag', isOptional: true },
]
export const INFERENCE_COLUMNS: readonly Column[] = [...USE_COLUMNS, { name: 'p16', type: 'integer' }]
/** Beside gradients from elsewhere, which often come without probabilities. */
export const INFERENCE_LIST_COLUMNS: readonly Column[] = [
  ...USE_COLUMNS,
  { name: 'p16', type: 'integer', isOptional: true },
]

/** @param take gets each row, for what else it holds */
export async function readContributionList(
  table: TableReader,
  take: (cells: Cells) => void = () => undefined,
): Promise<ContributionList> {
  await table.requireDistinct('contribution_id')
  const ids: string[] = []
  const accounts: string[] = []
  const withdrawn = new Uint8Array(table.count)
  await table.each((cells) => {
    ids.push(cells.text('contribution_id'))
    accounts.push(cells.account('account'))
    withdrawn[cells.row] = cells.flag('withdrawn')
    take(cells)
  })
  return { ids, accounts, withdrawn }
}

/** @param take gets each row, for what else it holds */
export async function readInferenceList(
  table: TableReader,
  take: (cells: Cells) => void = () => undefined,
): Promise<InferenceList> {
  await table.requireDistinct('inference_id')
  const ids: string[] = []
  const fees: bigint[] = []
  const payers: string[] = []
  const own = new Uint8Array(table.count)
  const p16 = new Uint16Array(table.count)
  await table.each((cells) => {
    ids.push(cells.text('inference_id'))
    fees.push(cells.amount('fee'))
    payers.push(cells.account('payer'))
    own[cells.row] = cells.flag('own')
    // Where nobody recorded how likely the answer was, every answer counts as certain.
    p16[cells.row] = table.has('p16') ? cells.integer('p16', UINT16_MAX) : UINT16_MAX
    take(cells)
  })
  return { ids, fees, payers, own, p16 }
}
