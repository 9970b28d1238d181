import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { StandardMerkleTree } from '@openzeppelin/merkle-tree'
import { MerkleTree } from 'merkletreejs'
import { keccak256 } from 'viem'

const PAYOUT_TYPES = ['uint256', 'address', 'address', 'address', 'uint256']

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest()

/** RFC 6962 §2.1, as the RFC writes it. */
function merkleTreeHash(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length === 1) return Buffer.from(leaves[0]!)
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha256(Buffer.concat([Buffer.from([1]), merkleTreeHash(leaves.slice(0, k)), merkleTreeHash(leaves.slice(k))]))
}

/** Leaf hashes of all epochs, and the payouts of the newest, read with DuckDB from the bundles. */
export async function readBundles(bundles: string, newest: number) {
  const connection = await (await DuckDBInstance.create(':memory:')).connect()
  const all = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJS()
  const leaves = await all(
    `SELECT leaf_hash FROM read_parquet('${join(bundles, '*', 'public', 'leaves.parquet')}') ORDER BY leaf_index`,
  )
  const folder = join(bundles, `epoch-${String(newest).padStart(6, '0')}`)
  const accounts = await all(
    `SELECT account, token, cumulative FROM read_parquet('${join(folder, 'public', 'accounts.parquet')}')`,
  )
  connection.closeSync()
  return {
    leaves: leaves.map((row) => Buffer.from(row.leaf_hash as Uint8Array)),
    payouts: accounts.map((row) => ({
      account: row.account as string,
      token: row.token as string,
      cumulative: row.cumulative as string,
    })),
  }
}

export function ledgerRoots(leaves: readonly Buffer[]) {
  const node = (bytes: Buffer) => sha256(Buffer.concat([Buffer.from([1]), bytes]))
  return {
    byRfc: `0x${merkleTreeHash(leaves).toString('hex')}`,
    byMerkletreejs: `0x${new MerkleTree([...leaves], node).getRoot().toString('hex')}`,
  }
}

/** The payout tree by OpenZeppelin's library, and how many of its proofs it and merkletreejs accept. */
export function checkPayouts(
  chainId: number,
  distributor: string,
  payouts: Awaited<ReturnType<typeof readBundles>>['payouts'],
) {
  const values = payouts.map(({ account, token, cumulative }) => [
    String(chainId),
    distributor,
    account,
    token,
    cumulative,
  ])
  const tree = StandardMerkleTree.of(values, PAYOUT_TYPES)
  const keccak = (bytes: Buffer) => Buffer.from(keccak256(bytes).slice(2), 'hex')
  const checker = new MerkleTree([], keccak, { sortPairs: true })
  let accepted = 0
  for (const [index, value] of tree.entries()) {
    const proof = tree.getProof(index)
    const leaf = Buffer.from(tree.leafHash(value).slice(2), 'hex')
    const inOpenZeppelin = StandardMerkleTree.verify(tree.root, PAYOUT_TYPES, value, proof)
    const inMerkletreejs = checker.verify(proof, leaf, tree.root)
    if (inOpenZeppelin && inMerkletreejs) accepted++
  }
  return { root: tree.root, accepted }
}
