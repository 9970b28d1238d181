import { openWarehouse } from '../pipelines/warehouse/open-warehouse.ts'

/** Rows of one transaction: several row groups, which DuckDB then writes straight to the file. */
const ROWS_PER_STEP = 2_000_000
const PARTITIONS = 4

/**
 * Makes a warehouse that has long been in use: `rows` records of another topic, with distinct ids and hashes. Their headers and
 * values compress better than real ones, so the file is smaller; the number of rows and row groups is the same.
 */
export async function makeHistory(path: string, rows: number): Promise<void> {
  const warehouse = await openWarehouse(path, { verb: 'bench', memoryLimit: '2GB' })
  for (let from = 0; from < rows; from += ROWS_PER_STEP) {
    const to = Math.min(rows, from + ROWS_PER_STEP)
    await warehouse.run(
      `INSERT INTO record
       SELECT i + 1, 'tally.contributions', i % ${PARTITIONS}, i // ${PARTITIONS}, 0, i, i,
         unhex(sha256(i::VARCHAR)), encode('key-' || i), encode(repeat('h', 200)), encode(repeat('v', 190) || i),
         'ContributionFeatures', unhex(md5('id' || i)), unhex(md5('body' || i)), 0, NULL
       FROM range(${from}, ${to}) AS t(i)`,
    )
  }
  await warehouse.run(
    `INSERT INTO read_position
     SELECT 'tally.contributions', p, 0, count(*), max(i), count(*) - 1, max(i), unhex(sha256(max(i)::VARCHAR))
     FROM (SELECT i, i % ${PARTITIONS} AS p FROM range(${rows}) AS t(i))
     GROUP BY p`,
  )
  await warehouse.run(`UPDATE record_id SET next_rid = ${rows + 1}`)
  await warehouse.run('CHECKPOINT')
  warehouse.close()
}
