let seed: number | undefined

/** For fc.assert: how often (TALLY_RUNS times as often where it is given), and the seed of this run, which is printed and may be given. */
export function runs(numRuns: number): { seed: number; numRuns: number } {
  if (seed === undefined) {
    seed = Number(process.env.TALLY_SEED ?? Math.floor(Math.random() * 2 ** 31))
    process.stderr.write(`property seed ${seed} (repeat with TALLY_SEED=${seed})\n`)
  }
  return { seed, numRuns: numRuns * Number(process.env.TALLY_RUNS ?? 1) }
}
