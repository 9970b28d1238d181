import { join } from 'node:path'

/** Where everything of one ledger lies; nothing of it needs to exist. */
export interface DataDirectory {
  readonly root: string
  readonly genesis: string
  readonly deployment: string
  readonly warehouse: string
  readonly log: string
  readonly payloads: string
  readonly bundles: string
  readonly chainState: string
  readonly chainProcess: string
}

export function dataDirectory(root: string): DataDirectory {
  return {
    root,
    genesis: join(root, 'genesis.json'),
    deployment: join(root, 'deployment.json'),
    warehouse: join(root, 'warehouse.duckdb'),
    log: join(root, 'log.duckdb'),
    payloads: join(root, 'payloads'),
    bundles: join(root, 'bundles'),
    chainState: join(root, 'chain.state.json'),
    chainProcess: join(root, 'chain.process.json'),
  }
}
