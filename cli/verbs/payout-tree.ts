import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { dumpPayoutTree } from '../../anchor/payout/dump-payout-tree.ts'
import { lastPublishedEpoch } from '../../jobs/epochs.ts'
import { loadManifest } from '../../jobs/publish/build-manifest.ts'
import { publishedPayoutTree } from '../../jobs/publish/payout-tree.ts'
import { TallyError } from '../../schemas/errors.ts'
import { type GlobalFlags, runReadingVerb, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { printLine } from '../output.ts'

interface ExportFlags extends GlobalFlags {
  readonly epoch?: number
  readonly out: string
}

class NoPayoutTreeError extends TallyError {
  override readonly code = 'NO_PAYOUT_TREE'
  constructor(facts: { epoch: number; published: number }) {
    super(facts.published === 0 ? 'No epoch is published yet.' : `Epoch ${facts.epoch} has no payout tree.`, {
      facts,
      hint: 'A published epoch has one once somebody was paid; see `tally epoch status`.',
    })
  }
}

/** `export payout-tree`: what `StandardMerkleTree.load` of @openzeppelin/merkle-tree reads. */
export function addPayoutTreeExport(exports: Command): void {
  withGlobalFlags(
    exports.command('payout-tree').description('the payout tree of an epoch as JSON for @openzeppelin/merkle-tree'),
  )
    .option('--epoch <n>', 'epoch (default: the newest published one)', wholeNumber)
    .requiredOption('--out <file>', 'file that gets it, some 340 bytes a payout')
    .addHelpText(
      'after',
      `
Example:
  $ tally export payout-tree --out payout-tree.json
  $ node -e "const { StandardMerkleTree } = require('@openzeppelin/merkle-tree')
      console.log(StandardMerkleTree.load(require('./payout-tree.json')).root)"`,
    )
    .action((flags: ExportFlags) =>
      runReadingVerb('export payout-tree', flags, (context) => exportPayoutTree(context, flags)),
    )
}

async function exportPayoutTree({ session, path, progress, answer }: VerbContext, flags: ExportFlags) {
  const ledger = await session.ledger()
  const published = (await lastPublishedEpoch(ledger.warehouse)) ?? 0
  const epoch = flags.epoch ?? published
  if (epoch < 1 || epoch > published) throw new NoPayoutTreeError({ epoch, published })
  progress.show('building the payout tree')
  const { payout } = await loadManifest(ledger.warehouse, epoch)
  if (payout.leaves === 0) throw new NoPayoutTreeError({ epoch, published })
  const tree = await publishedPayoutTree(ledger, epoch, payout.root)
  progress.show('writing it')
  await writeFile(path(flags.out), dumpPayoutTree(tree))
  answer({ out: flags.out, epoch, leaves: tree.size, root: tree.root }, () =>
    printLine(`${tree.size} payouts of epoch ${epoch} written to ${flags.out}; root ${tree.root}.`),
  )
  return undefined
}
