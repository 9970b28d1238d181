/** Identifiers of the demo's ledger. */
export const LEDGER_NAME = 'Tallystick demo: handwritten digits'
export const DATASET = 'digits'
export const LICENCE = 'CC-BY-4.0'
export const MODEL = 'digits-logistic'
export const INFRASTRUCTURE = 'gateway'
/** How digits that are nearly the same are found (docs/similarity.md). */
export const SIMILARITY = 'image/pooled-cosine@1'
export const FEATURE_MAP = 'digits-logistic/features-1'
export const POLICY = 'policy-1'

export const SOURCES = {
  operator: 'urn:demo:operator',
  portal: 'urn:demo:portal',
  gateway: 'urn:demo:gateway',
  extractor: 'urn:demo:extractor',
  watcher: 'urn:demo:chain-watcher',
} as const

/** Millionths of each fee. */
export const SHARES = {
  dataParts: 500_000,
  modelParts: 250_000,
  upstreamParts: 0,
  agentParts: 0,
  outcomeParts: 0,
  infrastructureParts: 150_000,
  treasuryParts: 100_000,
} as const
export const MIN_EVENTS = 1_000
export const MAX_PERIOD_EPOCHS = 12
/** Features that come one or two epochs after their use still count. */
export const FEATURE_WAIT_EPOCHS = 2
export const OUTCOME_WAIT_EPOCHS = 2
/** The fee of a use that no licence covers is held for so many epochs. */
export const OUTSIDE_WAIT_EPOCHS = 10
/** A line can be disputed for so many epochs after its own, and a dispute decided for so many after it was opened. */
export const DISPUTE_WINDOW_EPOCHS = 6
export const DISPUTE_WAIT_EPOCHS = 3
