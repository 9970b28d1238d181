import { readFileSync, writeFileSync } from 'node:fs'
import type { Command } from 'commander'
import { encodeBase64 } from '../../anchor/base64.ts'
import { bytesToHex } from '../../anchor/bytes.ts'
import { type CheckpointPolicy, openCheckpoint } from '../../anchor/log/checkpoint.ts'
import { decodeEntry } from '../../anchor/log/entry.ts'
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../../anchor/log/note/keys.ts'
import { readTilesAt } from '../../anchor/log/tiles/read-over-http.ts'
import { type ReadTile, TiledTree } from '../../anchor/log/tiles/tiled-tree.ts'
import { formatLogProof, verifyLogProof } from '../../anchor/verify/log-proof.ts'
import { compareCheckpoints } from '../../anchor/verify/split-view.ts'
import { lastPublishedEpoch } from '../../jobs/epochs.ts'
import {
  bindLogKey,
  CHECKPOINT_FILE,
  publishLog,
  readTilesIn,
  rememberCheckpoint,
  VERIFIER_KEY_FILE,
} from '../../jobs/publish/log/publish-log.ts'
import { type GlobalFlags, runVerb, runVerbAlone, type VerbContext, wholeNumber, withGlobalFlags } from '../command.ts'
import { ConfigError } from '../config.ts'
import { EXIT, paint, printLine } from '../output.ts'
import { toKey, toKeys } from './log-keys.ts'
import { FileUnreadableError } from './verify.ts'

interface LogFlags extends GlobalFlags {
  readonly log?: string
  readonly key?: VerifierKey
  readonly witness?: readonly VerifierKey[]
  readonly quorum?: number
  readonly out?: string
}

/** `log tiles|checkpoint|check|prove|verify|compare`: the ledger's tree as static files (docs/formats.md#log). */
export function addLogFiles(log: Command): void {
  withGlobalFlags(
    log.command('tiles').description('write the tree’s static files again, up to the newest published epoch'),
  )
    .addHelpText('after', '\nExample:\n  $ tally log tiles --data ./ledger')
    .action((flags: GlobalFlags) => runVerb('log tiles', flags, writeAll))
  withGlobalFlags(
    log.command('key').description('show the log’s verifier key, endorsed by the operator when OPERATOR_KEY is set'),
  )
    .option('--out <file>', 'where the operator’s word on the key goes')
    .addHelpText('after', KEY_HELP)
    .action((flags: LogFlags) => runVerb('log key', flags, (context) => showKey(context, flags)))
  withLogFlags(log.command('checkpoint').description('show the signed checkpoint that a log serves'))
    .addHelpText(
      'after',
      '\nExample:\n  $ tally log checkpoint --log https://example.com/log --key "$(cat verifier-key)"',
    )
    .action((flags: LogFlags) => runVerbAlone('log checkpoint', flags, (context) => showCheckpoint(context, flags)))
  withLogFlags(log.command('check').description('read all tiles and entries of a log and hold them to its checkpoint'))
    .addHelpText('after', '\nExample:\n  $ tally log check --log ./ledger/log')
    .action((flags: LogFlags) => runVerbAlone('log check', flags, (context) => checkAll(context, flags)))
  withLogFlags(log.command('prove').description('prove an entry by the tiles: a c2sp.org/tlog-proof'))
    .argument('<index>', 'place of the entry in the log, from 0', wholeNumber)
    .option('--out <file>', 'write it there instead of printing it')
    .addHelpText('after', '\nExample:\n  $ tally log prove 41 --out entry-41.tlog-proof')
    .action((index: number, flags: LogFlags) =>
      runVerbAlone('log prove', flags, (context) => prove(context, index, flags)),
    )
  withLogFlags(log.command('verify <file>').description('check a proof of an entry offline'))
    .addHelpText('after', '\nExample:\n  $ tally log verify entry-41.tlog-proof --key "$(cat verifier-key)"')
    .action((file: string, flags: LogFlags) =>
      runVerbAlone('log verify', flags, (context) => verifyEntry(context, file, flags)),
    )
  withLogFlags(log.command('compare <a> <b>').description('hold two checkpoints of one log to each other'))
    .option('--out <file>', 'where evidence of a split view goes (default: printed)')
    .addHelpText('after', COMPARE_HELP)
    .action((a: string, b: string, flags: LogFlags) =>
      runVerbAlone('log compare', flags, (context) => compare(context, [a, b], flags)),
    )
}

const KEY_HELP = `
With the operator's key (OPERATOR_KEY) it writes key.json beside the checkpoint: the operator's word that this Ed25519 key signs
the ledger's checkpoints. Receipts carry it, so that whoever knows the ledger knows the key.

Example:
  $ OPERATOR_KEY=$(cat operator.key) tally log key --data ./ledger
  $ tally verify ./ledger/log/key.json

Exit codes: 0 endorsed, 3 the operator has not endorsed it yet.`

const COMPARE_HELP = `
Checkpoints of two sizes are compared by the tiles of the larger one: --log names them.

Example:
  $ tally log compare mine theirs --log https://example.com/log --key "$(cat verifier-key)" --out split-view.json
  $ tally verify split-view.json

Exit codes: 0 one history, 1 two histories and the evidence for it, 3 not decided without tiles.`

function withLogFlags(command: Command): Command {
  return withGlobalFlags(command)
    .option('--log <place>', 'folder or http address of the log (default: the log of the ledger)')
    .option(
      '--key <vkey>',
      'verifier key of the log (default: the one in the folder, which then proves nothing new)',
      toKey,
    )
    .option('--witness <vkey>', 'a witness whose cosignature counts; may be repeated', toKeys)
    .option('--quorum <n>', 'how many witnesses have to have signed', wholeNumber)
}

async function writeAll({ session, answer }: VerbContext): Promise<number> {
  const ledger = await session.ledger()
  const epoch = await lastPublishedEpoch(ledger.warehouse)
  if (epoch === undefined) {
    answer({ did: 'nothing' }, () => printLine('No epoch is published yet.'))
    return EXIT.ok
  }
  const places = session.logPlaces()
  const written = await publishLog({ ledger, places, epoch, whole: true })
  if (written.did !== 'behind')
    await ledger.warehouse.transaction(() => rememberCheckpoint(ledger.warehouse, epoch, written.note))
  answer({ did: written.did, epoch, folder: places.folder }, () => printLine(`${places.folder}: ${written.detail}`))
  return EXIT.ok
}

async function showKey(context: VerbContext, flags: LogFlags): Promise<number> {
  const { session, answer } = context
  const { key, endorsement } = await bindLogKey({ ledger: await session.ledger(), places: session.logPlaces() })
  const shown = formatVerifierKey(key)
  if (endorsement !== undefined && flags.out !== undefined)
    writeFileSync(context.path(flags.out), `${JSON.stringify(endorsement, null, 2)}\n`)
  answer({ key: shown, endorsement: endorsement ?? null }, () => {
    printLine(shown)
    if (endorsement !== undefined)
      printLine(`${paint.green('✓')} endorsed by the operator, from ${endorsement.fromSize} leaves on`)
    else
      printLine(
        paint.yellow(
          'Not endorsed: nothing says whose key this is. Set OPERATOR_KEY to the operator’s key and run this again.',
        ),
      )
  })
  return endorsement === undefined ? EXIT.chainNotChecked : EXIT.ok
}

async function showCheckpoint(context: VerbContext, flags: LogFlags): Promise<number> {
  const { note, policy } = await openLog(context, flags)
  const { checkpoint, cosignatures } = await openCheckpoint(note, policy)
  const { origin, size, root } = checkpoint
  const witnesses = cosignatures.map(({ key, time_s }) => ({ name: key.name, time_s: time_s?.toString() ?? null }))
  const key = formatVerifierKey(policy.key)
  context.answer({ origin, size, root: bytesToHex(root), key, witnesses, note: text(note) }, () => {
    printLine(text(note))
    printLine(`${paint.green('✓')} signed by ${key}`)
    for (const { name } of witnesses) printLine(`${paint.green('✓')} seen by ${name}`)
  })
  return EXIT.ok
}

async function checkAll(context: VerbContext, flags: LogFlags): Promise<number> {
  const { note, policy, read } = await openLog(context, flags)
  const { checkpoint } = await openCheckpoint(note, policy)
  await new TiledTree(checkpoint, read).check((leaves) => context.progress.show(`${leaves} entries`))
  const { size } = checkpoint
  context.answer({ ok: true, size, root: bytesToHex(checkpoint.root) }, () =>
    printLine(`${paint.green('✓')} ${size} entries, all tiles, and the checkpoint are one tree`),
  )
  return EXIT.ok
}

async function prove(context: VerbContext, index: number, flags: LogFlags): Promise<number> {
  const { note, policy, read } = await openLog(context, flags)
  const { checkpoint } = await openCheckpoint(note, policy)
  const tree = new TiledTree(checkpoint, read)
  const [entry, { proof, leafHash }] = [await tree.entry(index), await tree.proveInclusion(index)]
  const document = formatLogProof({ entry, index, proof, note })
  const json = {
    index,
    treeSize: checkpoint.size,
    root: bytesToHex(checkpoint.root),
    leafHash: bytesToHex(leafHash),
    proof: proof.map(bytesToHex),
    entry: shownEntry(entry),
    document: text(document),
  }
  if (flags.out !== undefined) writeFileSync(context.path(flags.out), document)
  context.answer(json, () => printLine(flags.out === undefined ? text(document) : `Written to ${flags.out}.`))
  return EXIT.ok
}

async function verifyEntry(context: VerbContext, file: string, flags: LogFlags): Promise<number> {
  const policy = await policyOf(context, flags)
  const { checkpoint, index, entry } = await verifyLogProof(readWhole(context.path(file)), policy)
  const shown = shownEntry(entry)
  context.answer({ ok: true, index, treeSize: checkpoint.size, entry: shown }, () => {
    printLine(`${paint.green('✓')} entry ${index} of the ${checkpoint.size} that ${checkpoint.origin} signed`)
    printLine(`  ${shown.topic}/${shown.partition}@${shown.offset}: ${shown.outcome}, content ${shown.content}`)
  })
  return EXIT.ok
}

async function compare(context: VerbContext, files: [string, string], flags: LogFlags): Promise<number> {
  const notes = files.map((file) => readWhole(context.path(file))) as [Uint8Array, Uint8Array]
  const { key } = await policyOf(context, flags)
  const tiles = flags.log === undefined ? {} : { tiles: readerOf(context, flags.log) }
  const compared = await compareCheckpoints(notes, { key, ...tiles })
  const { verdict, sizes } = compared
  if (compared.verdict === 'split view' && flags.out !== undefined)
    writeFileSync(context.path(flags.out), `${JSON.stringify(compared.evidence, null, 2)}\n`)
  context.answer(compared, () => {
    if (compared.verdict === 'split view') {
      printLine(paint.red(`split view: the key signed two histories (${sizes.join(' and ')} leaves)`))
      printLine(
        flags.out === undefined
          ? JSON.stringify(compared.evidence, null, 2)
          : `Evidence is in ${flags.out}; anybody checks it with: tally verify ${flags.out}`,
      )
    } else if (verdict === 'consistent') printLine(`${paint.green('✓')} one history of ${sizes.join(' and ')} leaves`)
    else printLine(`${sizes.join(' and ')} leaves: not decided; give --log with the tiles of the larger one`)
  })
  return { consistent: EXIT.ok, 'split view': EXIT.failed, 'not decided': EXIT.chainNotChecked }[verdict]
}

async function openLog(
  context: VerbContext,
  flags: LogFlags,
): Promise<{ note: Uint8Array; policy: CheckpointPolicy; read: ReadTile }> {
  const place = flags.log ?? context.session.directory.tree
  const read = readerOf(context, place)
  const note = await read(CHECKPOINT_FILE)
  if (note === undefined) throw new FileUnreadableError({ path: `${place}/${CHECKPOINT_FILE}` }, 'it is not there')
  return { note, policy: await policyOf(context, flags), read }
}

async function policyOf(context: VerbContext, flags: LogFlags): Promise<CheckpointPolicy> {
  const { witness: witnesses = [], quorum = 0 } = flags
  if (flags.key !== undefined) return { key: flags.key, witnesses, quorum }
  const place = flags.log ?? context.session.directory.tree
  const bytes = await readerOf(context, place)(VERIFIER_KEY_FILE)
  if (bytes === undefined)
    throw new ConfigError([`key: give --key, or --log with a folder that has ${VERIFIER_KEY_FILE}`])
  return { key: parseVerifierKey(text(bytes).trim()), witnesses, quorum }
}

function readerOf(context: VerbContext, place: string): ReadTile {
  return /^https?:\/\//.test(place) ? readTilesAt(place) : readTilesIn(context.path(place))
}

function readWhole(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (cause) {
    throw new FileUnreadableError({ path }, cause)
  }
}

function shownEntry(entry: Uint8Array) {
  const { content, offset, effectiveTimeMs, ...rest } = decodeEntry(entry)
  return {
    ...rest,
    offset: offset.toString(),
    effectiveTimeMs: effectiveTimeMs.toString(),
    content: bytesToHex(content),
    bytes: encodeBase64(entry),
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}
