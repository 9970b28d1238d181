import { createHash } from 'node:crypto'
import { type CanonicalJson, canonicalJson } from '../../../anchor/canonical-json.ts'
import { signCheckpoint } from '../../../anchor/log/checkpoint.ts'
import { inclusionProof } from '../../../anchor/log/inclusion-proof.ts'
import { leafHash } from '../../../anchor/log/leaf-hash.ts'
import { formatVerifierKey, generateSigningKey, signerOf } from '../../../anchor/log/note/keys.ts'
import { signLogKey } from '../../../anchor/log-key/sign.ts'
import { manifestHash } from '../../../anchor/manifest.ts'
import { buildPayoutTree } from '../../../anchor/payout/payout-tree.ts'
import { rowHash } from '../../../anchor/table-root.ts'
import type { Genesis } from '../../../schemas/genesis.ts'
import { type Address, fromHex, toHex } from '../../../schemas/ids.ts'
import type { EpochFiles } from './bundle-writer.ts'
import { accountJson, scoreJson } from './published-world.ts'
import { signerOf as personOf } from './world.ts'

type Row = Record<string, string | number>

/** The receipt of an account for an epoch, docs/formats.md#receipt, as plain JSON that a test may change. */
export async function receiptOf(files: EpochFiles, account: string) {
  const { manifest, tables } = files
  const rows = (tables.accounts.rows as Parameters<typeof accountJson>[0][]).map(accountJson) as Row[]
  const rowIndex = rows.findIndex((row) => row.account === account)
  const row = rows[rowIndex]!
  const { chainId, distributor } = manifest.payout
  const payouts = rows.map((each) => ({
    account: each.account as Address,
    token: each.token as Address,
    cumulative: BigInt(each.cumulative!),
  }))
  const tree = buildPayoutTree({ chainId: BigInt(chainId), distributor, payouts })
  const token = row.token as string
  const lines = tables.lines.rows
    .filter((line) => line.account === account)
    .map((line) => ({ ...line, epoch: manifest.epoch })) as Row[]
  const lineHashes = lines.map((line) => leafHash(canonicalJson(line)))
  const scores = tables.scores.rows.map(scoreJson) as Row[]
  const scoreHashes = scores.map(rowHash)
  return structuredClone({
    format: 'tallystick-receipt/1',
    manifest,
    account,
    token,
    payout: {
      chainId,
      distributor: distributor as string,
      account,
      token,
      cumulative: row.cumulative as string,
      proof: tree.proofOf(account as Address, token as Address) as string[],
    },
    row,
    rowIndex,
    rowProof: hexOf(inclusionProof(rows.map(rowHash), rowIndex)),
    lines: lines.map((line, index) => ({ index, line, proof: hexOf(inclusionProof(lineHashes, index)) })),
    scores: lines
      .filter((line) => line.kind === 'data')
      .map((line) => {
        const index = scores.findIndex((score) => score.account === account && score.model === line.asset)
        return { index, row: scores[index]!, proof: hexOf(inclusionProof(scoreHashes, index)) }
      }),
    checkpoint: await checkpointOf(files),
    influenceNotPayment: listed([{ batch: { source: 'urn:app', id: 'a' }, index: 3, model: 'reader', value: '-7' }]),
  })
}

/** The log's key signs the tree and the manifest, and the operator says that it is the log's. */
export async function checkpointOf({ manifest, genesis }: EpochFiles) {
  const { size, root } = manifest.tree
  const origin = `tallystick/ledger/${manifest.ledger.slice(2)}`
  const signer = signerOf(generateSigningKey(origin, 'ed25519', new Uint8Array(32).fill(7)))
  const extensions = [`tallystick/manifest ${manifest.epoch} ${manifestHash(manifest)}`]
  const note = signCheckpoint({ origin, size: Number(size), root: fromHex(root), extensions }, signer)
  const word = { key: signer.key, sequence: 1, fromSize: 0 }
  return {
    key: formatVerifierKey(signer.key),
    note: Buffer.from(note).toString(),
    endorsement: await signLogKey(genesis as unknown as Genesis, personOf.operator, word),
  }
}

/** The list with the hash of its canonical JSON. */
function listed(items: CanonicalJson[]) {
  return { items, checksum: `0x${createHash('sha256').update(canonicalJson(items)).digest('hex')}` }
}

function hexOf(nodes: readonly Uint8Array[]): string[] {
  return nodes.map(toHex)
}
