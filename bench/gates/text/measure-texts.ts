import type { Measurement } from '../gate.ts'
import { type TextDealing, TextLab, type TextLabSize } from './lab.ts'
import { OTHER_TEXT_GATES } from './other-texts.ts'
import { OWN_TEXT_GATES } from './own-texts.ts'
import type { TextRule } from './rule.ts'
import type { TextGate } from './text-gate.ts'

/** Every row of docs/gates/README.md that is about texts. */
export const TEXT_GATES: readonly TextGate[] = [...OWN_TEXT_GATES, ...OTHER_TEXT_GATES]

export interface TextSeedRun {
  readonly rule: TextRule
  readonly gates: readonly TextGate[]
  readonly seed: number
  readonly dealings: readonly TextDealing[]
  readonly size?: TextLabSize
  readonly onProgress?: (text: string) => void
}

/** What the gates measure in the worlds of texts of one seed, by the name of the gate. */
export async function measureTexts(run: TextSeedRun): Promise<Record<string, Measurement[]>> {
  const { rule, gates, seed, dealings, size, onProgress } = run
  const measured: Record<string, Measurement[]> = Object.fromEntries(gates.map(({ name }) => [name, []]))
  for (const dealing of dealings) {
    const lab = new TextLab(rule, dealing, seed, size)
    for (const gate of gates) {
      const found = await gate.measure(lab)
      measured[gate.name]!.push(...found)
      for (const { setting, measured } of found)
        onProgress?.(`seed ${seed}: ${gate.name}, ${setting}: ${measured.toPrecision(4)}`)
    }
  }
  return measured
}
