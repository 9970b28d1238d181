import { z } from 'zod'
import { differ } from './difference.ts'
import { ERASURES_FILE, parseDocument } from './files.ts'

const CHECK = 'erasures'

const offset = z.string().regex(/^(0|[1-9]\d{0,18})$/, 'must be an offset in decimal')
const document = z.strictObject({
  epoch: z.number().int(),
  format: z.literal('tallystick-erasures/1'),
  records: z.array(
    z.strictObject({
      topic: z.string(),
      partition: z.number().int().nonnegative(),
      offset,
      batchSource: z.string(),
      batchId: z.string(),
      index: z.number().int().nonnegative(),
      featureMap: z.string().nullable(),
      textMap: z.string().nullable(),
      orderedIn: z.number().int().positive(),
    }),
  ),
})

/** What a bundle says of a record whose value was erased: the item whose features it told, and who ordered it. */
export type ErasedRecord = z.infer<typeof document>['records'][number]

/** A record of an epoch by its place in the log. */
export function erasurePlace({
  topic,
  partition,
  offset,
}: Pick<ErasedRecord, 'topic' | 'partition'> & { offset: bigint | string }): string {
  return `${topic}/${partition}/${offset}`
}

/** The erased records of an epoch, by {@link erasurePlace}. @throws DifferenceFound */
export function readErasures(epoch: number, bytes: Uint8Array): Map<string, ErasedRecord> {
  const parsed = document.safeParse(parseDocument(CHECK, ERASURES_FILE, bytes))
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return differ(
      CHECK,
      `${ERASURES_FILE} ${issue?.path.join('.')}`,
      'the shape of docs/formats.md#erasures',
      issue?.message,
    )
  }
  if (parsed.data.epoch !== epoch) differ(CHECK, `${ERASURES_FILE} epoch`, epoch, parsed.data.epoch)
  const records = new Map(parsed.data.records.map((record) => [erasurePlace(record), record]))
  if (records.size !== parsed.data.records.length) differ(CHECK, ERASURES_FILE, 'each record once', 'one twice')
  return records
}

/** What was erased of the epochs that were read from their records. */
export interface ErasureCounts {
  readonly records: number
  readonly items: number
  /** Of these records, those whose erasure was ordered in an epoch after the last one that was given. */
  readonly orderedLater: number
  /** Periods whose scores were taken over as published, since features that took part in them were erased. */
  readonly periods: readonly { readonly epoch: number; readonly model: string; readonly token: string }[]
}

/** Keeps what bundles say was erased until all orders are known. */
export class Erasures {
  /** Epoch of the newest order that was accepted; 0: none was. */
  newestOrder = 0
  readonly #said: { readonly epoch: number; readonly row: number; readonly record: ErasedRecord }[] = []
  readonly #periods: ErasureCounts['periods'][number][] = []

  add(epoch: number, row: number, record: ErasedRecord): void {
    this.#said.push({ epoch, row, record })
  }

  addPeriod(epoch: number, model: string, token: string): void {
    this.#periods.push({ epoch, model, token })
  }

  hasPeriodIn(epoch: number): boolean {
    return this.#periods.some((period) => period.epoch === epoch)
  }

  hasRecordIn(epoch: number): boolean {
    return this.#said.some((each) => each.epoch === epoch)
  }

  /**
   * Holds each erased record to the orders that were accepted up to the last epoch.
   *
   * @returns the epoch of one that no order covers, to be named beside the difference
   */
  unordered(
    isOrdered: (record: ErasedRecord) => boolean,
    lastEpoch: number,
  ): { readonly epoch: number; readonly where: string; readonly expected: string } | undefined {
    for (const { epoch, row, record } of this.#said) {
      if (record.orderedIn > lastEpoch) continue
      if (isOrdered(record)) continue
      const { batchSource, batchId, index } = record
      const where = `restricted/records.parquet row ${row} (${record.topic}/${record.partition} offset ${record.offset}) record_value`
      return {
        epoch,
        where,
        expected: `an ErasureOrdered of item ${index} of ${batchSource}/${batchId}, accepted by epoch ${record.orderedIn}`,
      }
    }
    return undefined
  }

  counts(lastEpoch: number): ErasureCounts {
    const items = new Set(
      this.#said.map(({ record }) => JSON.stringify([record.batchSource, record.batchId, record.index])),
    )
    return {
      records: this.#said.length,
      items: items.size,
      orderedLater: this.#said.filter(({ record }) => record.orderedIn > lastEpoch).length,
      periods: this.#periods,
    }
  }
}
