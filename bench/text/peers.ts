import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openPython } from '../python.ts'

/** infini-gram: suffix arrays of tokens in C++ (Liu et al. 2024), and tantivy: BM25 in Rust. */
const SCRIPT = {
  packages: ['infini-gram==2.6.0', 'tantivy==0.27.0'],
  script: new URL('./peers.py', import.meta.url),
}
/** Its documents are separated by the greatest u16. */
const SEPARATOR = 0xffff
/** What it gives the documents of. */
export const PLACES_MAX = 1_000

export interface Latency {
  readonly p50_ms: number
  readonly p95_ms: number
}

export interface PeerTimes {
  readonly infiniGram: Latency & {
    readonly build_s: number
    /** Of at least two tokens and at most 1,000 places: [output, start, end, count]. */
    readonly spans: readonly (readonly [number, number, number, number])[]
  }
  readonly tantivy: { readonly build_s: number; readonly top10_per_s: number; readonly all_per_s: number }
}

export const openPeers = () => openPython(SCRIPT)

/** Writes what peers.py reads: documents as infini-gram wants them (u16), and the outputs. */
export function writePeerFiles(folder: string, documents: readonly Int32Array[], outputs: readonly Int32Array[]): void {
  const length = documents.reduce((sum, document) => sum + document.length + 1, 0)
  const tokens = new Uint16Array(length)
  const offsets = new BigUint64Array(documents.length)
  let at = 0
  for (const [index, document] of documents.entries()) {
    offsets[index] = BigInt(at * Uint16Array.BYTES_PER_ELEMENT)
    tokens[at++] = SEPARATOR
    tokens.set(document, at)
    at += document.length
  }
  writeFileSync(join(folder, 'tokenized.0'), tokens)
  writeFileSync(join(folder, 'offset.0'), offsets)
  writeFileSync(join(folder, 'outputs.json'), JSON.stringify(outputs.map((output) => [...output])))
}
