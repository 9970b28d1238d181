import { toHex } from '../schemas/ids.ts'
import type { EpochBundle } from './bundle.ts'
import { assertSame } from './difference.ts'
import { EMPTY_STATE, stateHash } from './state.ts'

/**
 * How an epoch hangs together with its genesis and with the epoch before.
 *
 * @param previous undefined when this is the first epoch given
 * @throws DifferenceFound
 */
export function checkLinks(bundle: EpochBundle, previous: EpochBundle | undefined): void {
  const { epoch, manifest, genesis, ledgerId, state } = bundle
  assertSame('links', 'manifest.json ledger (SHA-256 of genesis.json)', toHex(ledgerId), manifest.ledger)
  assertSame('links', 'manifest.json payout.chainId (genesis.json)', genesis.chainId, manifest.payout.chainId)
  assertSame(
    'links',
    'manifest.json payout.distributor (genesis.json)',
    genesis.distributor,
    manifest.payout.distributor,
  )
  assertSame('links', 'manifest.json carryOut (SHA-256 of state.json)', bundle.stateHash, manifest.carryOut)
  assertSame('links', 'state.json epoch', epoch, state.epoch)
  const { attempt, vetoed } = manifest
  assertSame('links', 'manifest.json attempt (one more than were vetoed)', vetoed.length + 1, attempt)
  for (const [index, each] of vetoed.entries())
    assertSame('links', `manifest.json vetoed[${index}].attempt`, index + 1, each.attempt)
  if (epoch === 1) {
    assertSame('links', 'manifest.json previous', null, manifest.previous)
    assertSame('links', 'manifest.json carryIn (the empty state)', stateHash(EMPTY_STATE), manifest.carryIn)
  }
  if (previous === undefined) return
  assertSame('links', 'genesis.json (the same ledger as before)', toHex(previous.ledgerId), toHex(ledgerId))
  assertSame('links', 'manifest.json epoch', previous.epoch + 1, epoch)
  assertSame('links', 'manifest.json previous', previous.manifestHash, manifest.previous)
  assertSame('links', 'manifest.json carryIn', previous.manifest.carryOut, manifest.carryIn)
  assertSame('links', 'manifest.json tree.previousSize', previous.manifest.tree.size, manifest.tree.previousSize)
}
