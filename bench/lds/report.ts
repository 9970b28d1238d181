import type { LdsResult, Scores } from './lds.ts'
import { PUBLISHED } from './published.ts'

/** A table for people; `--json` has the same figures. */
export function printLds(result: LdsResult, isQuick: boolean): void {
  console.log(`seed ${result.seed}${isQuick ? ', quick: too few samples for these figures to mean much' : ''}`)
  printScores('digits, logistic regression', result)
  for (const { name, lds, source } of PUBLISHED) console.log(line(`published: ${name}`, lds, '', source))
  printScores('digits, network with one hidden layer', result.mlp)
  printScores('languages of words, logistic regression', result.words)
  const { contributors, coalitions, splitHalf, methods } = result.contributors
  console.log(
    `\n${contributors} contributors: Spearman's and Pearson's correlation with Banzhaf values over ${coalitions}`,
  )
  console.log(`coalitions of half of them (two halves of the coalitions agree with ${splitHalf.toFixed(3)})`)
  for (const { name, spearman, pearson } of methods) console.log(line(name, spearman, pearson.toFixed(3)))
}

function printScores(title: string, { retest, methods }: Scores): void {
  const ceiling = Math.sqrt(Math.max(0, retest))
  console.log(`\n${title}: retest ${retest.toFixed(3)}, ceiling about ${ceiling.toFixed(2)}`)
  console.log(`${''.padEnd(62)}  LDS   bytes`)
  for (const { name, lds, bytes, chosen } of methods) {
    const choice = Object.entries(chosen ?? {}).map(([what, value]) => `${what} ${value.toPrecision(3)} on held-out`)
    console.log(line(name, lds, String(bytes), choice.join(', ')))
  }
}

function line(name: string, figure: number, second: string, note = ''): string {
  return `${name.padEnd(60)} ${figure.toFixed(3).padStart(6)} ${second.padStart(6)}  ${note}`.trimEnd()
}
