import { GATES } from './all-gates.ts'
import type { Bound, Measurement } from './gate.ts'
import { measureSeed } from './measure-seed.ts'
import { MEASURED_METHODS, openRule } from './rule.ts'
import { TEXT_DEALINGS, type TextDealing } from './text/lab.ts'
import { measureTexts, TEXT_GATES } from './text/measure-texts.ts'
import { textMix } from './text/rule.ts'
import type { Dealing } from './world.ts'

/** A promise and its bound, whatever it is measured in. */
export interface NamedGate {
  readonly name: string
  readonly bound: Bound
}

/** What of a method is measured in the worlds of one seed. */
export interface MethodRun {
  /** Names of gates. */
  readonly gates: readonly string[]
  readonly seed: number
  /** One of `dealings`. */
  readonly dealing: string
  readonly onProgress: (text: string) => void
}

/** A method that the gates can measure, with the gates that are meant for it. */
export interface MeasuredMethod {
  readonly name: string
  readonly gates: readonly NamedGate[]
  /** By the word of --dealing; the first is the default. */
  readonly dealings: readonly string[]
  measure(run: MethodRun): Promise<Record<string, Measurement[]>>
}

const DIGITS: Readonly<Record<string, readonly Dealing[]>> = {
  both: ['IID', 'Dirichlet(.3)'],
  iid: ['IID'],
  dirichlet: ['Dirichlet(.3)'],
}
const TEXTS: Readonly<Record<string, readonly TextDealing[]>> = {
  both: TEXT_DEALINGS,
  author: ['by author'],
  alike: ['alike'],
}

/** The first is the default. */
export const FAMILIES: readonly MeasuredMethod[] = [
  ...MEASURED_METHODS.map((method) => ({
    name: method.name,
    gates: GATES,
    dealings: Object.keys(DIGITS),
    measure: ({ gates, seed, dealing, onProgress }: MethodRun) =>
      measureSeed({
        rule: openRule(method),
        gates: GATES.filter(({ name }) => gates.includes(name)),
        seed,
        dealings: DIGITS[dealing]!,
        onProgress,
      }),
  })),
  {
    name: textMix.name,
    gates: TEXT_GATES,
    dealings: Object.keys(TEXTS),
    measure: ({ gates, seed, dealing, onProgress }) =>
      measureTexts({
        rule: textMix,
        gates: TEXT_GATES.filter(({ name }) => gates.includes(name)),
        seed,
        dealings: TEXTS[dealing]!,
        onProgress,
      }),
  },
]

/** What a record of this method has to hold; of a method that nobody measures, what the first has. */
export function gatesOf(method: string): readonly NamedGate[] {
  return (FAMILIES.find(({ name }) => name === method) ?? FAMILIES[0]!).gates
}
