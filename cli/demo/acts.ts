import { Listr } from 'listr2'
import type { Say } from './play.ts'

/** Work that shows on the terminal, one line an act, with what it does meanwhile; silent with `--json`. */
export class ActList<Context extends object> {
  readonly #list: Listr<Context>

  constructor(options: { readonly silent: boolean }) {
    const isTerminal = process.stdout.isTTY
    this.#list = new Listr<Context>([], {
      renderer: options.silent ? 'silent' : isTerminal ? 'default' : 'simple',
      rendererOptions: isTerminal ? { collapseSubtasks: false, formatOutput: 'truncate' } : {},
      concurrent: false,
    } as never)
  }

  /** @param work returns in words what it did */
  add(title: string, work: (context: Context, say: Say) => Promise<string>): void {
    this.#list.add({
      title,
      task: async (context, task) => {
        const done = await work(context, (text) => {
          if (process.stdout.isTTY) task.output = text
        })
        task.title = `${title}: ${done}`
      },
    })
  }

  run(): Promise<Context> {
    return this.#list.run({} as Context)
  }
}
