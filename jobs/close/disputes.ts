import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'
import type { EventBodies } from '../../schemas/events.ts'
import { toHex } from '../../schemas/ids.ts'

const openDisputes = readSql(new URL('./open-disputes.sql', import.meta.url))

type Line = Pick<EventBodies['DisputeOpened'], 'epoch' | 'account' | 'token' | 'kind' | 'asset'>

/** Names a settlement line. */
export function lineKeyOf({ epoch, account, token, kind, asset }: Line): string {
  return JSON.stringify([epoch, toHex(account), toHex(token), kind, asset])
}

/**
 * The disputes that are open while an epoch is closed (docs/formats.md#disputes): neither decided nor ended by themselves, nor
 * found void or unfunded when their epoch was attributed. One that is opened in this epoch counts as open in it.
 */
export class Disputes {
  /** Name → opener and line. */
  readonly #open = new Map<string, string>()
  readonly #openOf = new Set<string>()

  /** As the records of `epoch` find them; every epoch with openings before is attributed. */
  static async load(warehouse: Database, epoch: number): Promise<Disputes> {
    const disputes = new Disputes()
    for (const row of await warehouse.all(openDisputes, { epoch }))
      disputes.#add(
        row.dispute as string,
        row.opener + JSON.stringify([row.line_epoch, row.account, row.token, row.kind, row.asset]),
      )
    return disputes
  }

  open(body: EventBodies['DisputeOpened']): void {
    this.#add(body.dispute, toHex(body.opener) + lineKeyOf(body))
  }

  resolve(dispute: string): void {
    this.#openOf.delete(this.#open.get(dispute)!)
    this.#open.delete(dispute)
  }

  isOpen(dispute: string): boolean {
    return this.#open.has(dispute)
  }

  /** @param line as {@link lineKeyOf} names it */
  hasOpen(opener: string, line: string): boolean {
    return this.#openOf.has(opener + line)
  }

  #add(dispute: string, openerAndLine: string): void {
    this.#open.set(dispute, openerAndLine)
    this.#openOf.add(openerAndLine)
  }
}
