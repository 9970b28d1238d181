import type { Manifest } from '../manifest.ts'
import { manifestHash } from '../manifest.ts'
import type { EpochContent } from './distributor.ts'

/**
 * What a proposer says of an epoch whose manifest is this.
 *
 * @param uri where the bundle is found; the only thing that no manifest decides
 */
export function epochContentOf(manifest: Manifest, uri: string): EpochContent {
  return {
    epoch: BigInt(manifest.epoch),
    attempt: manifest.attempt,
    ledgerRoot: manifest.tree.root,
    treeSize: BigInt(manifest.tree.size),
    payoutRoot: manifest.payout.root,
    totals: manifest.payout.totals.map(({ token, total, reserved }) => ({
      token,
      total_atoms: BigInt(total),
      reserved_atoms: BigInt(reserved),
    })),
    manifestHash: manifestHash(manifest),
    uri,
  }
}

/** A field in which two contents differ. */
export interface ContentDifference {
  readonly field: string
  readonly onChain: string
  readonly given: string
}

/** The first field that differs, in the order of the contract's arguments. */
export function findContentDifference(onChain: EpochContent, given: EpochContent): ContentDifference | undefined {
  const mine = new Map(fieldsOf(given))
  const theirs = new Map(fieldsOf(onChain))
  for (const field of new Set([...theirs.keys(), ...mine.keys()])) {
    const [found, expected] = [theirs.get(field) ?? 'absent', mine.get(field) ?? 'absent']
    if (found !== expected) return { field, onChain: found, given: expected }
  }
  return undefined
}

function fieldsOf(content: EpochContent): [string, string][] {
  return [
    ['epoch', String(content.epoch)],
    ['attempt', String(content.attempt)],
    ['ledgerRoot', content.ledgerRoot.toLowerCase()],
    ['treeSize', String(content.treeSize)],
    ['payoutRoot', content.payoutRoot.toLowerCase()],
    ...content.totals.flatMap(({ token, total_atoms, reserved_atoms }): [string, string][] => [
      [`totals[${token.toLowerCase()}]`, String(total_atoms)],
      [`reserved[${token.toLowerCase()}]`, String(reserved_atoms)],
    ]),
    ['manifestHash', content.manifestHash.toLowerCase()],
    ['uri', content.uri],
  ]
}
