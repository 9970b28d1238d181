import type { ManifestPeriod } from '../../anchor/manifest.ts'
import type { Database } from '../../pipelines/warehouse/database.ts'
import type { SettlementDraft } from '../settlement/settle-epoch.ts'

/** A period as the manifest of an epoch tells it. */
export type ToldPeriod = ManifestPeriod & { readonly toldIn: number }

/** Periods of settled epochs; each epoch is read once. */
export class ToldPeriods {
  readonly #warehouse: Database
  readonly #ofEpoch = new Map<number, readonly ToldPeriod[]>()

  constructor(warehouse: Database) {
    this.#warehouse = warehouse
  }

  /** None before the epoch is settled. */
  async ofEpoch(epoch: number): Promise<readonly ToldPeriod[]> {
    const known = this.#ofEpoch.get(epoch)
    if (known !== undefined) return known
    const row = await this.#warehouse.one<{ settlement_json: string | null }>(
      'SELECT settlement_json FROM epoch WHERE epoch = $epoch',
      { epoch },
    )
    const json = row?.settlement_json ?? null
    const periods = json === null ? [] : (JSON.parse(json) as SettlementDraft).periods
    const told = periods.map((period) => ({ ...period, toldIn: epoch }))
    this.#ofEpoch.set(epoch, told)
    return told
  }

  /**
   * The period of a use: as the epoch tells it that paid it or gave it up, else as the last settled one does, in which it is held.
   *
   * @param joined the epoch in which the use joined it
   * @returns undefined before that epoch is settled
   */
  async ofUse({ model, token }: PeriodKey, joined: number): Promise<ToldPeriod | undefined> {
    const rows = await this.#warehouse.all<{ epoch: number }>(
      `SELECT p.epoch FROM period AS p JOIN epoch AS e USING (epoch)
       WHERE p.model = $model AND p.token = $token AND p.epoch >= $joined AND e.settlement_json IS NOT NULL ORDER BY p.epoch`,
      { model, token, joined },
    )
    let last: ToldPeriod | undefined
    for (const { epoch } of rows) {
      const periods = await this.ofEpoch(epoch)
      last = periods.find((each) => each.model === model && each.token === token)
      if (last !== undefined && last.state !== 'held') return last
    }
    return last
  }
}

interface PeriodKey {
  readonly model: string
  readonly token: string
}
