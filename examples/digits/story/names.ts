/** What the story's ledger has beside the demo's names (`../demo/names.ts`). */
export const STREET_DATASET = 'street-digits'
export const STREET_MODEL = 'street-reader'
export const STREET_MAP = 'street-reader/features-1'
export const AGENT = 'postal-clerk'
export const MEMORY_DATASET = 'clerk-memory'

/** Thirty days. */
export const MONTH_S = 2_592_000

/** Millionths of each fee. */
export const STORY_SHARES = {
  dataParts: 450_000,
  modelParts: 200_000,
  upstreamParts: 100_000,
  agentParts: 60_000,
  outcomeParts: 40_000,
  infrastructureParts: 100_000,
  treasuryParts: 50_000,
} as const
