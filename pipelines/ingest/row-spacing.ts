import type { Database } from '../warehouse/database.ts'

/** In the place of an ingest reason: the row stands for nothing, see {@link RowSpacing}. */
const SPACER = -2
/** DuckDB's vector size. */
const VECTOR_ROWS = 2048
/** Bytes of records that may stand in fewer rows than a vector has. */
const VECTOR_BYTES_MAX = 32 * 1024 * 1024

/**
 * Keeps giant records apart. DuckDB reads a table 2,048 rows at a time and holds all their bytes in memory meanwhile, also to
 * write a checkpoint: as many records of 1 MiB would take 2 GiB, whatever its memory limit, and fail its COMMITs. So behind
 * 32 MiB in fewer rows come empty ones, up to a vector's length. They lie below every rid, offset and position that anything
 * asks for (rid 0, topic '', offset -1), and take almost no room: their columns are constant.
 */
export class RowSpacing {
  #rows = 0
  #bytes = 0

  /** Inside the transaction that appended `rows` of `bytes`. What is counted twice when it fails only spaces earlier. */
  async after(warehouse: Database, rows: number, bytes: number): Promise<void> {
    this.#rows += rows
    this.#bytes += bytes
    if (this.#bytes < VECTOR_BYTES_MAX) return
    const missing = VECTOR_ROWS - this.#rows
    this.#rows = 0
    this.#bytes = 0
    if (missing <= 0) return
    await warehouse.run(
      `INSERT INTO record
       SELECT 0, '', 0, -1, 0, 0, ${Number.MAX_SAFE_INTEGER}, ''::BLOB, NULL, ''::BLOB, NULL, NULL, NULL, NULL, ${SPACER}, NULL
       FROM range(${missing})`,
    )
  }
}
