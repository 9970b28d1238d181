import type { Bound, Measurement } from '../gate.ts'
import type { TextLab } from './lab.ts'

/** A promise of a rule that pays for texts, measured in a world of speeches (docs/gates/README.md tells what each does). */
export interface TextGate {
  readonly name: string
  readonly bound: Bound
  /** @returns one number a setting */
  measure(lab: TextLab): Promise<readonly Measurement[]>
}
