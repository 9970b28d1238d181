import type { TextMap } from '../../../client/src/texts.ts'
import type { Answer } from '../../../examples/speeches/demo/answers.ts'
import type { Author } from '../../../examples/speeches/demo/authors.ts'
import type { NgramModel } from '../../../examples/speeches/language-model.ts'
import type { Stage } from '../play.ts'

/** The text demo on its way. */
export interface TextPlay extends Stage {
  readonly authors: readonly Author[]
  readonly answers: Answer[]
  map: TextMap
  model: NgramModel | undefined
}
