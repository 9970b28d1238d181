const MS_PER_DAY = 86_400_000

/** Whether everything is to be tried, however long it takes: `npm run nightly`. */
export const isNightly = process.env.TALLY_NIGHTLY === 'true'

/**
 * What today's run tries of something that takes long to try whole.
 *
 * @param days in so many days everything has had its turn
 * @returns all of it at night, in its order
 */
export function todays<Item>(all: readonly Item[], days: number): Item[] {
  const today = Math.floor(Date.now() / MS_PER_DAY)
  return all.filter((_, index) => isNightly || (index + today) % days === 0)
}
