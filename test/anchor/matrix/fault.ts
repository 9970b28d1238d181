import type { ActName } from './acts.ts'
import type { Scene } from './scene.ts'

/** Something that goes wrong while an act is sent. */
export interface Fault {
  readonly name: string
  /** Outcomes of the calls that it takes, in their order; for the acts where it differs, by name. */
  readonly outcome: string | ({ readonly else: string } & Partial<Record<ActName, string>>)
  /** Acts for which it says nothing, or nothing new. */
  readonly notFor?: readonly ActName[]
  /** Lets it happen, acts as an operator would, and returns the outcomes. */
  run(scene: Scene): Promise<string>
}

export function outcomeOf({ outcome }: Fault, act: ActName): string {
  return typeof outcome === 'string' ? outcome : (outcome[act] ?? outcome.else)
}

/** A fault between us and the node: the machine meets it alike at an act that is read from the contract and at one that is not. */
export const EITHER_KIND: readonly ActName[] = ['finalize', 'claim']

/** Outcomes in their order. */
export function then(...outcomes: readonly string[]): string {
  return outcomes.join(' → ')
}
