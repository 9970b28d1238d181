import type { Database } from '../../pipelines/warehouse/database.ts'
import { readSql } from '../../pipelines/warehouse/read-sql.ts'

const vouchersOfEpoch = readSql(new URL('./vouchers-of-epoch.sql', import.meta.url))

/** What a payer has promised for uses of a model in a token, and what was taken of it. Amounts and the sequence as decimal text. */
export interface Channel {
  /** The greatest that a voucher of it said. */
  readonly cumulative: string
  readonly model: string
  readonly payer: string
  /** The greatest that a voucher of it has. */
  readonly sequence: string
  readonly spent: string
  readonly token: string
}

interface Credit {
  cumulative: bigint
  sequence: bigint
  spent: bigint
}

export interface ChannelKey {
  readonly payer: string
  readonly model: string
  readonly token: string
}

/**
 * The channels of a ledger while an epoch is funded. Only they are carried from epoch to epoch, never the vouchers: of these it
 * does not matter in which order they came, or how often.
 */
export class Channels {
  readonly #credits = new Map<string, Credit>()

  constructor(before: readonly Channel[]) {
    for (const channel of before) {
      const { cumulative, sequence, spent } = channel
      const credit = { cumulative: BigInt(cumulative), sequence: BigInt(sequence), spent: BigInt(spent) }
      this.#credits.set(textOf(channel), credit)
    }
  }

  /** A voucher raises its channel, or leaves it as it is. */
  raise(key: ChannelKey, cumulative: bigint, sequence: bigint): void {
    const credit = this.#credits.get(textOf(key)) ?? { cumulative: 0n, sequence: 0n, spent: 0n }
    this.#credits.set(textOf(key), credit)
    if (cumulative > credit.cumulative) credit.cumulative = cumulative
    if (sequence > credit.sequence) credit.sequence = sequence
  }

  /** Whether the payer signed for a fee: the voucher that is cited was there, and promises have not run out. */
  covers(key: ChannelKey, voucher: bigint, fee: bigint): boolean {
    const credit = this.#credits.get(textOf(key))
    return (
      credit !== undefined && voucher >= 1n && voucher <= credit.sequence && credit.spent + fee <= credit.cumulative
    )
  }

  spend(key: ChannelKey, fee: bigint): void {
    this.#credits.get(textOf(key))!.spent += fee
  }

  /** What was taken, and held in vain. */
  giveBack(key: ChannelKey, fees: bigint): void {
    this.#credits.get(textOf(key))!.spent -= fees
  }

  /** Ascending by (payer, model, token), by the bytes of their text. */
  sorted(): Channel[] {
    return [...this.#credits]
      .map(([text, { cumulative, sequence, spent }]) => {
        const [payer, token] = [
          text.slice(0, ADDRESS_CHARACTERS),
          text.slice(ADDRESS_CHARACTERS, 2 * ADDRESS_CHARACTERS),
        ]
        const model = text.slice(2 * ADDRESS_CHARACTERS)
        return {
          ...{ cumulative: cumulative.toString(), model, payer, sequence: sequence.toString() },
          ...{ spent: spent.toString(), token },
        }
      })
      .sort((a, b) => compareText(a.payer, b.payer) || compareText(a.model, b.model) || compareText(a.token, b.token))
  }
}

/** Raises the channels by the vouchers accepted in the epoch. */
export async function raiseChannels(warehouse: Database, epoch: number, channels: Channels): Promise<void> {
  const rows = await warehouse.all<ChannelKey & { cumulative: bigint; sequence: bigint }>(vouchersOfEpoch, { epoch })
  for (const row of rows) channels.raise(row, row.cumulative, row.sequence)
}

/** Of a hex address; two of them and a model make a key that splits again. */
const ADDRESS_CHARACTERS = 42

function textOf({ payer, token, model }: ChannelKey): string {
  return payer + token + model
}

/** Order by the bytes of the text, as DuckDB and docs/formats.md have it. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
