import { withInvocation } from '../../../cli/invocation.ts'
import { runCommandLine } from '../../../cli/program.ts'
import type { Ended } from './tally.ts'

export interface TallyHereOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called with what it prints, on stdout or stderr, when it does. */
  readonly onText?: (text: string) => void
}

/**
 * As `tally` of ./tally.ts, without a process of its own: for tests whose verbs run in another process anyway, or are many.
 * Paths of `--data` have to be absolute.
 */
export async function tallyHere(
  argv: readonly string[],
  { cwd = '/', env = {}, onText = () => undefined }: TallyHereOptions = {},
): Promise<Ended> {
  let stdout = ''
  let stderr = ''
  let end = 0
  const output = {
    stdout: (text: string) => {
      stdout += text
      onText(text)
    },
    stderr: (text: string) => {
      stderr += text
      onText(text)
    },
    exit: (code: number) => {
      end = code
    },
    columns: undefined,
    hasColours: false,
  }
  await withInvocation({ argv, cwd, environment: env, output }, () => runCommandLine(argv))
  return { end, stdout, stderr }
}
