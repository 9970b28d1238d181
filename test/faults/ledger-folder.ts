import { randomUUID } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Genesis } from '../../schemas/genesis.ts'
import { endOf, type Started, start, TALLY } from './processes.ts'

/** The shortest that leaves a busy machine room to answer. */
export const SESSION_TIMEOUT_MS = 3_000

/** The data folder of a ledger, and `tally` on it. */
export class LedgerFolder {
  readonly root: string
  readonly #brokers: readonly string[]
  readonly #logs: string

  constructor(
    root: string,
    { genesis, brokers, logs }: { genesis: Genesis; brokers: readonly string[]; logs: string },
  ) {
    this.root = root
    this.#brokers = brokers
    this.#logs = logs
    mkdirSync(root, { recursive: true })
    writeFileSync(join(root, 'genesis.json'), JSON.stringify(genesis))
  }

  get warehouse(): string {
    return join(this.root, 'warehouse.duckdb')
  }

  /** @param group default: one of its own, which no killed process is still a member of */
  environment(group: string = randomUUID()): Readonly<Record<string, string>> {
    return {
      TALLY_DATA: this.root,
      KAFKA_BROKERS: this.#brokers.join(','),
      KAFKA_GROUP: group,
      KAFKA_SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
    }
  }

  /** @param prefix a command that starts it, in place of starting it directly */
  tally(verb: string, group?: string, prefix: readonly string[] = []): Started {
    const [command, ...args] = [...prefix, process.execPath, TALLY, ...verb.split(' '), '--json']
    const name = verb.replaceAll(' ', '-')
    return start(command!, args, { logs: this.#logs, name, environment: this.environment(group) })
  }

  /** Runs a TypeScript program of this folder on the ledger. */
  script(url: URL, group: string): Started {
    const loader = new URL('./typescript.mjs', import.meta.url).href
    const args = ['--no-warnings', '--import', loader, url.pathname]
    return start(process.execPath, args, { logs: this.#logs, name: 'script', environment: this.environment(group) })
  }

  /** Runs a verb that has to succeed. @returns its JSON document */
  async must(verb: string, group?: string): Promise<Readonly<Record<string, unknown>>> {
    const run = this.tally(verb, group)
    const end = await endOf(run)
    if (end !== 0) throw new Error(`tally ${verb} ended with ${end}: ${run.output()}`)
    return JSON.parse(run.output()) as Record<string, unknown>
  }
}
