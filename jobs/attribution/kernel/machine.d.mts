/** A place in the memory of the module, bytes. */
export interface Span {
  readonly at: number
  readonly length: number
}

/** Something to do on one machine: copy in, call, copy out. */
export interface Work {
  /** Memory that it needs in all. */
  readonly bytes: number
  /** Set to 0 first. */
  readonly clear?: Span
  readonly copies: readonly { readonly at: number; readonly from: ArrayBufferView }[]
  readonly call?: { readonly name: string; readonly args: readonly number[] }
  readonly results: readonly Span[]
}

export interface Done {
  /** What the call returned, 0 when nothing. */
  readonly value: number
  /** One a result, copies. */
  readonly outputs: readonly Uint8Array<ArrayBuffer>[]
}

export interface Machine {
  readonly memory: WebAssembly.Memory
  readonly functions: Readonly<Record<string, (...args: number[]) => number>>
}

export function createMachine(module: WebAssembly.Module): Machine

/** @throws RangeError when the memory cannot grow so far */
export function perform(machine: Machine, work: Work): Done
