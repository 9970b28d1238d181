import { kernelModule } from '../kernel/kernel-module.ts'
import { createMachine, type Machine } from '../kernel/machine.mjs'
import { backward, forward, lowerFactor, NotPositiveDefiniteError } from './plain-cholesky.ts'

const REFINEMENTS = 3
/** Smaller systems are not worth a WebAssembly memory. */
const WASM_SIZE_MIN = 32
/** Right-hand sides at once: 256 · 4,096 · 8 bytes are 8 MiB. */
const SIDES_AT_ONCE = 256
const LANES = 4
const START = 65_536
const PAGE_BYTES = 65_536

/**
 * Factor of a symmetric positive definite matrix in float64, in the one order that docs/attribution.md fixes, so that every
 * machine gives the same bits: each element subtracts its products one by one, k ascending, without fused multiply-add.
 * In WebAssembly where the machine has it, and else in TypeScript, with the same bits.
 */
export class Cholesky {
  readonly #size: number
  readonly #matrix: Float64Array
  readonly #lower: Float64Array
  readonly #isPlain: boolean

  /**
   * @param matrix  size × size, row by row, symmetric; kept, not copied
   * @param isPlain TypeScript also where WebAssembly is there
   * @throws NotPositiveDefiniteError
   */
  constructor(matrix: Float64Array, size: number, isPlain = size < WASM_SIZE_MIN || !hasWasm()) {
    this.#size = size
    this.#matrix = matrix
    this.#isPlain = isPlain
    this.#lower = isPlain ? lowerFactor(matrix, size) : wasmFactor(matrix, size)
  }

  /** x with A·x = b: forward, backward, three refinements. */
  solve(b: Float64Array): Float64Array {
    const x = this.substitute(b)
    const residual = new Float64Array(this.#size)
    for (let round = 0; round < REFINEMENTS; round++) {
      for (let i = 0; i < this.#size; i++) residual[i] = this.#residualAt(i, b[i]!, x)
      const correction = this.substitute(residual)
      for (let i = 0; i < this.#size; i++) x[i] = x[i]! + correction[i]!
    }
    return x
  }

  /** Forward and backward substitution alone: less exact, for bounds and for what is only shown. */
  substitute(b: Float64Array): Float64Array {
    return backward(this.#lower, this.#size, forward(this.#lower, this.#size, b))
  }

  /**
   * `substitute` of many right-hand sides, the same bits.
   *
   * @param sides count × size, row by row
   * @returns     count × size
   */
  substituteAll(sides: Float64Array): Float64Array {
    const size = this.#size
    const count = sides.length / size
    if (!this.#isPlain && count >= LANES) return wasmSubstitute(this.#lower, size, sides)
    const solutions = new Float64Array(sides.length)
    for (let at = 0; at < sides.length; at += size) solutions.set(this.substitute(sides.subarray(at, at + size)), at)
    return solutions
  }

  /** The columns of L, one after the other. */
  columns(): Float64Array {
    const size = this.#size
    const columns = new Float64Array(size * size)
    for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) columns[j * size + i] = this.#lower[i * size + j]!
    return columns
  }

  #residualAt(i: number, b: number, x: Float64Array): number {
    const row = i * this.#size
    let t = b
    for (let j = 0; j < this.#size; j++) t = t - this.#matrix[row + j]! * x[j]!
    return t
  }
}

function hasWasm(): boolean {
  try {
    kernelModule()
    return true
  } catch {
    // No SIMD in this Node: `openKernels` says so once.
    return false
  }
}

function wasmFactor(matrix: Float64Array, size: number): Float64Array {
  const machine = createMachine(kernelModule())
  const width = upToFour(size)
  const scratch = START + width * width * 8
  const heap = reserve(machine, scratch + machine.functions.choleskyBytes!())
  copyRows(matrix, size, heap.subarray(START / 8), width)
  const failed = machine.functions.factor!(START, size, width * 8, scratch)
  if (failed >= 0) throw new NotPositiveDefiniteError({ row: failed })
  const lower = new Float64Array(size * size)
  for (let i = 0; i < size; i++)
    lower.set(heap.subarray(START / 8 + i * width, START / 8 + i * width + i + 1), i * size)
  return lower
}

function wasmSubstitute(lower: Float64Array, size: number, sides: Float64Array): Float64Array {
  const { functions, ...machine } = createMachine(kernelModule())
  const width = upToFour(size)
  const panels = Math.ceil(sides.length / size / LANES)
  const sidesAt = START + width * width * 8
  const heap = reserve({ functions, ...machine }, sidesAt + panels * width * LANES * 8)
  copyRows(lower, size, heap.subarray(START / 8), width)
  const packed = heap.subarray(sidesAt / 8)
  const panelBytes = width * LANES * 8
  eachLane(size, width, sides.length, (at, place) => {
    packed[place] = sides[at]!
  })
  const step = SIDES_AT_ONCE / LANES
  const inSteps = (pass: (at: number, some: number) => void) => {
    for (let p = 0; p < panels; p += step) pass(sidesAt + p * panelBytes, Math.min(step, panels - p))
  }
  inSteps((at, some) => functions.forward!(START, size, width * 8, at, some))
  functions.flip!(START, size, width * 8, sidesAt, panels)
  inSteps((at, some) => functions.forward!(START, size, width * 8, at, some))
  functions.turn!(size, sidesAt, panels)
  const solutions = new Float64Array(sides.length)
  eachLane(size, width, sides.length, (at, place) => {
    solutions[at] = packed[place]!
  })
  return solutions
}

/** Where each value of each right-hand side lies among panels of four sides. */
function eachLane(size: number, width: number, length: number, visit: (at: number, place: number) => void): void {
  for (let side = 0; side * size < length; side++) {
    const panel = Math.floor(side / LANES) * width * LANES + (side % LANES)
    for (let i = 0; i < size; i++) visit(side * size + i, panel + i * LANES)
  }
}

function reserve({ memory }: Machine, bytes: number): Float64Array {
  const missing = bytes - memory.buffer.byteLength
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES))
  return new Float64Array(memory.buffer)
}

function copyRows(from: Float64Array, size: number, to: Float64Array, width: number): void {
  for (let i = 0; i < size; i++) to.set(from.subarray(i * size, (i + 1) * size), i * width)
}

function upToFour(size: number): number {
  return (size + 3) & ~3
}
