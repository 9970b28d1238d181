import { z } from 'zod'
import { TallyError } from '../../schemas/errors.ts'
import type { Hash32 } from '../../schemas/ids.ts'
import { bytesToHex, decodeUtf8, encodeUtf8, equalBytes, hexToBytes } from '../bytes.ts'
import { HASH_BYTES } from '../hash.ts'
import { type Checkpoint, openCheckpoint } from '../log/checkpoint.ts'
import { formatVerifierKey, parseVerifierKey, type VerifierKey } from '../log/note/keys.ts'
import { NOTE_BYTES_MAX } from '../log/note/note.ts'
import { type ReadTile, TiledTree } from '../log/tiles/tiled-tree.ts'
import { verifyConsistency } from '../log/verify-consistency.ts'
import { hash32, proof, readDocument } from '../shapes.ts'

export const SPLIT_VIEW_FORMAT = 'tallystick-split-view/1'

/** Two notes, escaped in every character, and a proof. */
const SPLIT_VIEW_BYTES_MAX = 16 * 1024 * 1024

const note = z.string().min(1).max(NOTE_BYTES_MAX)

/** @see docs/formats.md#log */
export const splitViewShape = z.strictObject({
  format: z.literal(SPLIT_VIEW_FORMAT),
  key: z.string().min(1),
  notes: z.tuple([note, note]),
  proof: z.strictObject({ root: hash32, nodes: proof }).nullable(),
})

/**
 * Evidence that one key signed two histories: the notes, the smaller tree first. Of two trees of one size the roots alone say
 * it. Else `proof` leads from the root that the larger tree has at the smaller size, which is another than was signed.
 */
export type SplitView = z.infer<typeof splitViewShape>

/** What evidence that holds says. */
export interface ProvenSplitView {
  readonly key: VerifierKey
  readonly smaller: Checkpoint
  readonly larger: Checkpoint
}

export type ComparedCheckpoints =
  /** The larger tree begins with the smaller one; equal sizes have equal roots. */
  | { readonly verdict: 'consistent'; readonly sizes: readonly [number, number] }
  | { readonly verdict: 'split view'; readonly sizes: readonly [number, number]; readonly evidence: SplitView }
  /** Of two sizes, and without the tiles of the larger tree nobody can tell. */
  | { readonly verdict: 'not decided'; readonly sizes: readonly [number, number] }

/** A document is no evidence of a split view, or its evidence does not hold. */
export class InvalidSplitViewError extends TallyError {
  override readonly code = 'INVALID_SPLIT_VIEW'
  constructor(detail: string, cause?: unknown) {
    super(`This is no evidence of a split view: ${detail}`, { cause, hint: 'Its shape is in docs/formats.md#log.' })
  }
}

/**
 * Holds two checkpoints of one log to each other, whoever got them from where.
 *
 * @param options.tiles of the larger tree; needed when the sizes differ, and trusted for nothing
 * @throws as {@link openCheckpoint}; {@link TileMissingError}, {@link TileFormatError}, {@link RootMismatchError} when these
 *         are not the tiles of the larger tree
 */
export async function compareCheckpoints(
  notes: readonly [Uint8Array, Uint8Array],
  options: { readonly key: VerifierKey; readonly tiles?: ReadTile },
): Promise<ComparedCheckpoints> {
  const opened = await Promise.all(
    notes.map(async (bytes) => ({ bytes, ...(await openCheckpoint(bytes, { key: options.key })).checkpoint })),
  )
  const [smaller, larger] = opened.toSorted((one, other) => one.size - other.size) as [Opened, Opened]
  const sizes = [smaller.size, larger.size] as const
  const document = (proof: SplitView['proof']): SplitView => ({
    format: SPLIT_VIEW_FORMAT,
    key: formatVerifierKey(options.key),
    notes: [decodeUtf8(smaller.bytes, 'The note'), decodeUtf8(larger.bytes, 'The note')],
    proof,
  })
  if (smaller.size === larger.size) {
    if (equalBytes(smaller.root, larger.root)) return { verdict: 'consistent', sizes }
    return { verdict: 'split view', sizes, evidence: document(null) }
  }
  if (options.tiles === undefined) return { verdict: 'not decided', sizes }
  const { oldRoot, proof } = await new TiledTree(larger, options.tiles).proveConsistency(smaller.size)
  if (equalBytes(oldRoot, smaller.root)) return { verdict: 'consistent', sizes }
  const evidence = document({ root: bytesToHex(oldRoot) as Hash32, nodes: proof.map(bytesToHex) as Hash32[] })
  return { verdict: 'split view', sizes, evidence }
}

type Opened = Checkpoint & { readonly bytes: Uint8Array }

/**
 * Checks evidence offline: it needs nothing besides. That the key is the ledger's, know from elsewhere. Runs in a browser.
 *
 * @param value the document, or its bytes
 * @throws {@link InvalidSplitViewError}; {@link NoteKeyError} and as {@link openCheckpoint} for what stands in it
 */
export async function verifySplitView(value: unknown): Promise<ProvenSplitView> {
  const { key: keyText, notes, proof } = readSplitView(value)
  const key = parseVerifierKey(keyText)
  const open = async (text: string) => (await openCheckpoint(encodeUtf8(text, 'The note'), { key })).checkpoint
  const [smaller, larger] = [await open(notes[0]), await open(notes[1])]
  if (smaller.size > larger.size) throw new InvalidSplitViewError('the larger tree stands first.')
  if (smaller.size === larger.size) {
    if (proof !== null) throw new InvalidSplitViewError('trees of one size need no proof.')
    if (equalBytes(smaller.root, larger.root)) throw new InvalidSplitViewError('both notes name the same root.')
    return { key, smaller, larger }
  }
  if (proof === null) throw new InvalidSplitViewError('trees of two sizes need a proof.')
  const oldRoot = hexToBytes(proof.root, HASH_BYTES, 'Root')
  const nodes = proof.nodes.map((node) => hexToBytes(node, HASH_BYTES, 'Node'))
  try {
    verifyConsistency({ oldSize: smaller.size, newSize: larger.size, proof: nodes, oldRoot, newRoot: larger.root })
  } catch (cause) {
    throw new InvalidSplitViewError('its proof does not lead to the larger tree.', cause)
  }
  if (equalBytes(oldRoot, smaller.root)) throw new InvalidSplitViewError('the larger tree begins with the smaller one.')
  return { key, smaller, larger }
}

function readSplitView(value: unknown): SplitView {
  return readDocument(value, {
    shape: splitViewShape,
    bytesMax: SPLIT_VIEW_BYTES_MAX,
    refuse: (detail, cause) => new InvalidSplitViewError(detail, cause),
  })
}
