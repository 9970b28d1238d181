// One instance of kernel.wasm and how a piece of work is done on it: the same in this thread and in a worker. Plain
// JavaScript, so that a worker starts from the sources and from dist/ alike.

const PAGE_BYTES = 65_536

export function createMachine(module) {
  const { memory, ...functions } = new WebAssembly.Instance(module, {}).exports
  return { memory, functions }
}

export function perform({ memory, functions }, { bytes, clear, copies, call, results }) {
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
  const heap = new Uint8Array(memory.buffer)
  if (clear !== undefined) heap.fill(0, clear.at, clear.at + clear.length)
  for (const { at, from } of copies) {
    heap.set(new Uint8Array(from.buffer, from.byteOffset, from.byteLength), at)
  }
  const value = call === undefined ? 0 : (functions[call.name](...call.args) ?? 0)
  return { value, outputs: results.map(({ at, length }) => heap.slice(at, at + length)) }
}
