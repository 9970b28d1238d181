import type { PrivateKeyAccount } from 'viem/accounts'
import type { Ledger } from '../jobs/ledger.ts'
import { listSchemas } from '../jobs/schemas/list-schemas.ts'
import { registerSchema, type SchemaRegistration } from '../jobs/schemas/register-schema.ts'
import { SchemaNotFoundError } from '../pipelines/schema-registry/errors.ts'
import { type FoundSchema, SchemaRegistry } from '../pipelines/schema-registry/schema-registry.ts'
import { waitForSchema } from '../pipelines/schema-registry/wait-for-schema.ts'
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

/**
 * What ingest does about a schema id that nobody registered, when a schema registry is configured: ask the registry, wait
 * while it is down, and register what it says if the operator's key is here. Empty without a registry.
 */
export async function unknownSchemas(
  session: Session,
  options: { readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<{ onUnknownSchema?: (schemaId: number) => Promise<void> }> {
  const { progress, signal } = options
  const registry = openSchemaRegistry(session.config, signal)
  if (registry === undefined) return {}
  const ledger = await session.ledger()
  const operator = operatorOf(session.config, ledger.genesis)
  const { registered } = await listSchemas(ledger)
  const known = new Set(registered.map(({ schemaId }) => schemaId))
  return {
    onUnknownSchema: async (schemaId) => {
      if (known.has(schemaId)) return
      const found = await find(registry, schemaId, { progress, ...(signal && { signal }) })
      if (found !== undefined) await registerOrSay({ session, ledger, operator }, schemaId, found)
    },
  }
}

async function find(
  registry: SchemaRegistry,
  schemaId: number,
  { progress, signal }: { readonly progress: Progress; readonly signal?: AbortSignal },
): Promise<FoundSchema | undefined> {
  let isSaid = false
  try {
    return await waitForSchema(registry, schemaId, {
      ...(signal && { signal }),
      onWaiting: (error, pauseMs) => {
        if (!isSaid)
          printWarning(`${error.message} Records wait for schema ${schemaId}; nothing is rejected for it.`, null)
        isSaid = true
        progress.show(`the schema registry is asked again in ${pauseMs / 1000} s`)
      },
    })
  } catch (error) {
    if (!(error instanceof SchemaNotFoundError)) throw error
    printWarning(`${error.message} Values written with it are rejected at the next cut.`, error.hint ?? null)
    return undefined
  }
}

/** Registers a schema that can be registered; else one line says what stands in the way. */
async function registerOrSay(
  { session, ledger, operator }: { session: Session; ledger: Ledger; operator: PrivateKeyAccount | undefined },
  schemaId: number,
  found: FoundSchema,
): Promise<void> {
  const checked = toRegistration(schemaId, found)
  if ('fault' in checked) return printWarning(`Values are written with schema ${schemaId}. ${checked.fault}`, null)
  const { registration } = checked
  if (operator === undefined) {
    const command = `tally schema register --from-registry ${schemaId} --data ${session.config.data}`
    return printWarning(
      `Values of ${registration.eventType} are written with schema ${schemaId}, which is not registered: they are rejected at the next cut.`,
      `Unless somebody runs this before, with OPERATOR_KEY set:\n  ${command}`,
    )
  }
  const { sink } = await session.log()
  await registerSchema({ ledger, sink, signer: operator, registration, time: new Date().toISOString() })
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
