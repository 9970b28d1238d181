import { loadDigits } from '../../examples/digits/dataset.ts'
import type { Gate, Measurement } from './gate.ts'
import { Lab, type LabSize } from './lab.ts'
import type { Rule } from './period.ts'
import type { Dealing } from './world.ts'

export interface SeedRun {
  readonly rule: Rule
  readonly gates: readonly Gate[]
  readonly seed: number
  readonly dealings: readonly Dealing[]
  readonly size?: LabSize
  readonly onProgress?: (text: string) => void
}

/** What the gates measure in the worlds of one seed, by the name of the gate. */
export async function measureSeed(run: SeedRun): Promise<Record<string, Measurement[]>> {
  const { rule, gates, seed, dealings, size, onProgress } = run
  const digits = await loadDigits()
  const measured: Record<string, Measurement[]> = Object.fromEntries(gates.map(({ name }) => [name, []]))
  for (const dealing of dealings) {
    const lab = new Lab(rule, digits, dealing, seed, size)
    for (const gate of gates) {
      const found = await gate.measure(lab)
      measured[gate.name]!.push(...found)
      for (const { setting, measured } of found) {
        onProgress?.(`seed ${seed}: ${gate.name}, ${setting}: ${measured.toPrecision(4)}`)
      }
    }
  }
  return measured
}
