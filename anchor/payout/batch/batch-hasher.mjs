// One instance of keccak.wasm: hashes leaves and nodes by the block. Plain JavaScript, so that a worker starts from the sources
// and from dist/ alike.

const HASH_BYTES = 32
const ROW_BYTES = 72
const PAGE_BYTES = 65_536
/** Leaves or nodes that are copied in at a time: with their hashes they stay in the processor's cache. */
const BLOCK = 1024

const IN = PAGE_BYTES
const OUT = IN + BLOCK * ROW_BYTES
const PAGES = Math.ceil((OUT + BLOCK * HASH_BYTES) / PAGE_BYTES)

export function createBatchHasher(module, prefix) {
  const { memory, prefix: prefixAt, leaves, nodes } = new WebAssembly.Instance(module, {}).exports
  memory.grow(PAGES - memory.buffer.byteLength / PAGE_BYTES)
  const heap = new Uint8Array(memory.buffer)
  heap.set(prefix, prefixAt())

  function hashAll(hash, bytesEach, input, from, count, output, to) {
    for (let done = 0; done < count; done += BLOCK) {
      const some = Math.min(BLOCK, count - done)
      const at = from + done * bytesEach
      heap.set(input.subarray(at, at + some * bytesEach), IN)
      hash(IN, some, OUT)
      output.set(heap.subarray(OUT, OUT + some * HASH_BYTES), to + done * HASH_BYTES)
    }
  }
  return {
    leaves: (rows, from, count, hashes, to) => hashAll(leaves, ROW_BYTES, rows, from, count, hashes, to),
    nodes: (children, from, count, hashes, to) => hashAll(nodes, 2 * HASH_BYTES, children, from, count, hashes, to),
  }
}
