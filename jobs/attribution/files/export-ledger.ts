import type { Database } from '../../../pipelines/warehouse/database.ts'
import { readSql } from '../../../pipelines/warehouse/read-sql.ts'
import { TallyError } from '../../../schemas/errors.ts'
import { loadState } from '../../carry-state.ts'
import { policyInForce } from '../../funding/policy.ts'
import { loadManifest } from '../../publish/build-manifest.ts'
import { loadEvents, loadItems } from '../features/load-period.ts'
import type { FeatureFiles } from './feature-files.ts'

const placesSql = readSql(new URL('./export-places.sql', import.meta.url))
const usesSql = readSql(new URL('./export-uses.sql', import.meta.url))

export interface ExportRequest {
  readonly model: string
  /** Which, when the model was paid in several. */
  readonly token?: string
  /** The epoch in which the period was attributed; default: the last one. */
  readonly epoch?: number
}

/** A period's features as files have them, and with which settings they give what the ledger says. */
export interface ExportedPeriod {
  readonly files: FeatureFiles
  readonly epoch: number
  readonly token: string
  readonly method: string
  readonly dataParts: number
  readonly minEvents: number
  readonly dBarFixed: string | null
  /** As the manifest has it; null when nothing was to be attributed. */
  readonly vHash: string | null
}

export class PeriodUnknownError extends TallyError {
  override readonly code = 'PERIOD_UNKNOWN'
  constructor(facts: { model: string; token: string | null; epoch: number | null; found: number }) {
    const which = facts.found === 0 ? 'No published period' : 'More than one token'
    super(`${which} of the model ${JSON.stringify(facts.model)}.`, {
      facts,
      hint:
        facts.found === 0
          ? 'A period is published by `tally publish`; `tally epoch status` shows how far the epochs are.'
          : 'Name one with --token.',
    })
  }
}

interface PeriodRow {
  readonly epoch: number
  readonly token: string
}

/**
 * The features of a published period: items (duplicates earn nothing and take no part) and its paid uses.
 *
 * @throws PeriodUnknownError
 */
export async function exportPeriod(warehouse: Database, request: ExportRequest): Promise<ExportedPeriod> {
  const { model } = request
  const { epoch, token } = await findPeriod(warehouse, request)
  const { periods } = await loadManifest(warehouse, epoch)
  const { featureMap, firstEpoch, method, vHash } = periods.find(
    (period) => period.model === model && period.token === token,
  )!
  const map = await warehouse.one('SELECT * FROM feature_map WHERE feature_map = $featureMap', { featureMap })
  const shape = {
    rank: map!.feature_rank as number,
    classes: map!.classes as number,
    checkpointCount: map!.checkpoints as number,
  }
  const { items, accounts } = await loadItems(warehouse, shape, featureMap, epoch)
  const places = await warehouse.all<{ id: string }>(placesSql)
  const { events, dataParts } = await loadEvents(warehouse, shape, { model, token, featureMap, firstEpoch, epoch })
  const uses = await warehouse.all<{ id: string; fee: bigint; payer: string }>(usesSql)
  const policy = await policyInForce(warehouse, epoch)
  const before = (await loadState(warehouse, epoch - 1)).periods.find(
    (period) => period.model === model && period.token === token,
  )
  return {
    files: {
      contributions: {
        ids: places.map(({ id }) => id),
        accounts: Array.from(items.account, (account) => accounts[account]!.account),
        withdrawn: items.withdrawn,
        rows: items.rows,
      },
      inferences: {
        ids: uses.map(({ id }) => id),
        fees: uses.map(({ fee }) => fee),
        payers: uses.map(({ payer }) => payer),
        own: events.own,
        p16: events.p16,
        rows: events.rows,
      },
    },
    epoch,
    token,
    method,
    dataParts,
    minEvents: policy!.minEvents,
    dBarFixed: before?.dBarFixed ?? null,
    vHash,
  }
}

async function findPeriod(warehouse: Database, { model, token, epoch }: ExportRequest): Promise<PeriodRow> {
  const rows = await warehouse.all<PeriodRow>(
    `SELECT epoch, token FROM period JOIN epoch USING (epoch)
     WHERE model = $model AND manifest_json IS NOT NULL
       AND coalesce(token = $token, true) AND coalesce(epoch = $epoch, true)
     ORDER BY epoch DESC, token`,
    { model, token: token ?? null, epoch: epoch ?? null },
  )
  const newest = rows.filter((row) => row.epoch === rows[0]!.epoch)
  if (newest.length !== 1)
    throw new PeriodUnknownError({ model, token: token ?? null, epoch: epoch ?? null, found: newest.length })
  return newest[0]!
}
