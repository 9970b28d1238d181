import { join } from 'node:path'

/** Where everything of one ledger lies; nothing of it needs to exist. */
export interface DataDirectory {
  readonly root: string
  readonly genesis: string
  readonly deployment: string
  readonly warehouse: string
  readonly log: string
  readonly payloads: string
  /** What features were extracted with, where this ledger's operator extracts them. */
  readonly extractor: string
  readonly bundles: string
  /** Tables for analysts, written from the warehouse. */
  readonly analytics: string
  /** The ledger's tree as static files. */
  readonly tree: string
  /** The key that signs its checkpoints, unless another folder is configured. */
  readonly logKey: string
  /** What attesters sent, unless another folder is configured. */
  readonly attestations: string
  readonly chainState: string
  readonly chainProcess: string
  /** Socket of the running ingest. */
  readonly socket: string
  /** Says where the socket lies instead, when that path would be too long for one. */
  readonly socketPath: string
}

export function dataDirectory(root: string): DataDirectory {
  return {
    root,
    genesis: join(root, 'genesis.json'),
    deployment: join(root, 'deployment.json'),
    warehouse: join(root, 'warehouse.duckdb'),
    log: join(root, 'log.duckdb'),
    payloads: join(root, 'payloads'),
    extractor: join(root, 'extractor'),
    bundles: join(root, 'bundles'),
    analytics: join(root, 'analytics'),
    tree: join(root, 'log'),
    logKey: join(root, 'log-key'),
    attestations: join(root, 'attestations'),
    chainState: join(root, 'chain.state.json'),
    chainProcess: join(root, 'chain.process.json'),
    socket: join(root, 'tally.sock'),
    socketPath: join(root, 'tally.sock.path'),
  }
}
