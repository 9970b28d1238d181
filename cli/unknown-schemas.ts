import type { PrivateKeyAccount } from 'viem/accounts'
import type { Ledger } from '../jobs/ledger.ts'
import { listSchemas } from '../jobs/schemas/list-schemas.ts'
import { registerSchema, type SchemaRegistration } from '../jobs/schemas/register-schema.ts'
import type { IngestOptions } from '../pipelines/ingest.ts'
import { SchemaNotFoundError } from '../pipelines/schema-registry/errors.ts'
import { SchemaQuestions } from '../pipelines/schema-registry/schema-questions.ts'
import { type FoundSchema, SchemaRegistry } from '../pipelines/schema-registry/schema-registry.ts'
import { type WaitOptions, waitForSchema } from '../pipelines/schema-registry/wait-for-schema.ts'
import { eventOfSchema, readRegisteredSchema } from '../schemas/registered-schemas.ts'
import type { Config } from './config.ts'
import { operatorOf } from './operator.ts'
import { type Progress, printWarning } from './output.ts'
import type { Session } from './session.ts'

/** The configured registry, or undefined. */
export function openSchemaRegistry(config: Config, signal?: AbortSignal): SchemaRegistry | undefined {
  const { schemaRegistryUrl: url, schemaRegistryAuth: auth } = config
  if (url === undefined) return undefined
  return new SchemaRegistry({ url, ...(auth && { auth: toAuth(auth) }), ...(signal && { signal }) })
}

function toAuth(text: string) {
  if (text.startsWith('Bearer ')) return { kind: 'bearer', token: text.slice('Bearer '.length) } as const
  const colon = text.indexOf(':')
  return { kind: 'basic', user: text.slice(0, colon), password: text.slice(colon + 1) } as const
}

/** Warnings about single ids within a minute; what is behind them is one more. */
const WARNINGS_MAX = 5
const WARNINGS_WINDOW_MS = 60_000

/**
 * What ingest does about schema ids that nobody registered, when a schema registry is configured: ask the registry, wait
 * while it is down, and register what it says if the operator's key is here. Empty without a registry.
 */
export async function unknownSchemas(
  session: Session,
  options: { readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<Pick<IngestOptions, 'onUnknownSchemas'>> {
  const { progress, signal } = options
  const registry = openSchemaRegistry(session.config, signal)
  if (registry === undefined) return {}
  const ledger = await session.ledger()
  const operator = operatorOf(session.config, ledger.genesis)
  const { registered } = await listSchemas(ledger)
  const warnings = new Warnings()
  const outage = new Outage(progress)
  const questions = new SchemaQuestions({
    registered: registered.map(({ schemaId }) => schemaId),
    ask: async (schemaId) => {
      const onWaiting = outage.onWaiting(schemaId)
      const found = await find(registry, schemaId, { warnings, onWaiting, ...(signal && { signal }) })
      outage.over()
      if (found === undefined) return 'vain'
      return registerOrSay({ session, ledger, operator, warnings }, schemaId, found)
    },
    onLeft: (limit) =>
      printWarning(
        `Within a minute ${limit} schema ids were asked for that cannot be registered; for now no more are asked for.`,
        'Values written with an id that was not asked for are rejected at the next cut, and can be redriven.',
      ),
  })
  return { onUnknownSchemas: (schemaIds) => questions.askFor(schemaIds) }
}

/** The first few are told one by one, the others of the same minute in one: ids can be made up by the thousand. */
class Warnings {
  #window = { end: 0, told: 0 }

  tell(message: string, hint: string | null): void {
    const now = performance.now()
    if (now >= this.#window.end) this.#window = { end: now + WARNINGS_WINDOW_MS, told: 0 }
    const told = ++this.#window.told
    if (told <= WARNINGS_MAX) printWarning(message, hint)
    else if (told === WARNINGS_MAX + 1)
      printWarning(
        'Values are written with further schemas that are not registered; these are not named for a minute.',
        'tally schema list names all that records wait for.',
      )
  }
}

/** Told once, however many questions wait for the registry. */
class Outage {
  readonly #progress: Progress
  #isTold = false

  constructor(progress: Progress) {
    this.#progress = progress
  }

  onWaiting(schemaId: number): WaitOptions['onWaiting'] {
    return (error, pauseMs) => {
      if (!this.#isTold)
        printWarning(`${error.message} Records wait for schema ${schemaId}; nothing is rejected for it.`, null)
      this.#isTold = true
      this.#progress.show(`the schema registry is asked again in ${pauseMs / 1000} s`)
    }
  }

  over(): void {
    this.#isTold = false
  }
}

async function find(
  registry: SchemaRegistry,
  schemaId: number,
  { warnings, ...options }: { readonly warnings: Warnings } & WaitOptions,
): Promise<FoundSchema | undefined> {
  try {
    return await waitForSchema(registry, schemaId, options)
  } catch (error) {
    if (!(error instanceof SchemaNotFoundError)) throw error
    warnings.tell(`${error.message} Values written with it are rejected at the next cut.`, error.hint ?? null)
    return undefined
  }
}

interface Registrar {
  readonly session: Session
  readonly ledger: Ledger
  readonly operator: PrivateKeyAccount | undefined
  readonly warnings: Warnings
}

/** Registers a schema that can be registered; else one line says what stands in the way. */
async function registerOrSay(
  { session, ledger, operator, warnings }: Registrar,
  schemaId: number,
  found: FoundSchema,
): Promise<'registered' | 'vain'> {
  const checked = toRegistration(schemaId, found)
  if ('fault' in checked) {
    warnings.tell(`Values are written with schema ${schemaId}. ${checked.fault}`, null)
    return 'vain'
  }
  const { registration } = checked
  if (operator === undefined) {
    const command = `tally schema register --from-registry ${schemaId} --data ${session.config.data}`
    warnings.tell(
      `Values of ${registration.eventType} are written with schema ${schemaId}, which is not registered: they are rejected at the next cut.`,
      `Unless somebody runs this before, with OPERATOR_KEY set:\n  ${command}`,
    )
    return 'vain'
  }
  const { sink } = await session.log()
  await registerSchema({ ledger, sink, signer: operator, registration, time: new Date().toISOString() })
  return 'registered'
}

/** What the registry holds as a registration, or why it is none. */
export function toRegistration(
  schemaId: number,
  found: FoundSchema,
): { registration: SchemaRegistration } | { fault: string } {
  if (found.schemaType !== 'AVRO') return { fault: `It is of type ${found.schemaType}; Tallystick reads Avro.` }
  if (found.references > 0) return { fault: 'It refers to other schemas; Tallystick reads schemas that are whole.' }
  const eventType = eventOfSchema(found.schema)
  if (eventType === undefined) return { fault: 'It is not of a record that Tallystick knows.' }
  const read = readRegisteredSchema(eventType, found.schema)
  if (read.outcome === 'incompatible') return { fault: read.detail }
  return { registration: { schemaId, eventType, schema: found.schema } }
}
