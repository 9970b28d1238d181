import { readFileSync } from 'node:fs'

/** The one statement of a `.sql` file that stands beside the code which runs it. */
export function readSql(url: URL): string {
  return readFileSync(url, 'utf8')
}
