import { readdirSync, readFileSync } from 'node:fs'

/** One folder an author, one speech a file, named by its year. */
const TEXTS = new URL('./texts/', import.meta.url)
const SPEECH = /^\d{4}\.txt$/

export interface Speech {
  /** As the folder is named: `abraham-lincoln`. */
  readonly author: string
  readonly year: number
  readonly text: string
}

/** The seventeen speeches beside this file, in order of author and year. */
export function loadSpeeches(): Speech[] {
  return foldersIn(TEXTS).flatMap((author) =>
    readdirSync(new URL(`${author}/`, TEXTS))
      .filter((name) => SPEECH.test(name))
      .sort()
      .map((name) => ({
        author,
        year: Number.parseInt(name, 10),
        text: readFileSync(new URL(`${author}/${name}`, TEXTS), 'utf8'),
      })),
  )
}

function foldersIn(folder: URL): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
}
