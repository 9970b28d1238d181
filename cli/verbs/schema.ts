import { readFileSync, statSync } from 'node:fs'
import Table from 'cli-table3'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { listSchemas, type SchemaList } from '../../jobs/schemas/list-schemas.ts'
import { registerSchema, type SchemaRegistration, SchemaUnreadableError } from '../../jobs/schemas/register-schema.ts'
import { AvroSchemaError, parseAvroSchema } from '../../schemas/avro-schema.ts'
import { builtInSchemasOf } from '../../schemas/avro-types.ts'
import { COMPATIBILITY_MODES, type CompatibilityMode, findIncompatibilities } from '../../schemas/compatibility.ts'
import { SCHEMA_BYTES_MAX } from '../../schemas/limits.ts'
import { isRegistrable, type RegistrableEventType, readRegisteredSchema } from '../../schemas/registered-schemas.ts'
import {
  type GlobalFlags,
  runReadingVerb,
  runVerb,
  runVerbAlone,
  type VerbContext,
  wholeNumber,
  withGlobalFlags,
} from '../command.ts'
import { ConfigError } from '../config.ts'
import { requireOperator } from '../operator.ts'
import { EXIT, paint, printLine } from '../output.ts'
import { openSchemaRegistry, toRegistration } from '../unknown-schemas.ts'
import { FileUnreadableError } from './verify.ts'

interface CheckFlags extends GlobalFlags {
  readonly event: RegistrableEventType
  readonly mode: CompatibilityMode
}

interface RegisterFlags extends GlobalFlags {
  readonly id?: number
  readonly event?: RegistrableEventType
  readonly fromRegistry?: number
}

/** `schema list`, `schema check`, `schema register`. */
export function addSchemas(program: Command): void {
  const schema = program
    .command('schema')
    .description('the schemas that records are written with: list, check, register')
  withGlobalFlags(
    schema.command('list').description('built in, registered, and seen in records although nobody registered them'),
  )
    .addHelpText('after', '\nExample:\n  $ tally schema list --json')
    .action((flags: GlobalFlags) =>
      runReadingVerb('schema list', flags, async ({ session, answer }) => {
        const list = await listSchemas(await session.ledger())
        answer(list, () => printList(list))
        return EXIT.ok
      }),
    )
  withGlobalFlags(
    schema.command('check <file>').description('whether a schema fits the built-in ones of an event type'),
  )
    .requiredOption('--event <type>', 'event type, for example InferenceRecorded', eventType)
    .addOption(
      new Option('--mode <mode>', 'BACKWARD: it reads our data; FORWARD: ours reads its data, as a producer needs')
        .choices([...COMPATIBILITY_MODES])
        .default('FORWARD'),
    )
    .addHelpText(
      'after',
      '\nExample:\n  $ tally schema check use.avsc --event InferenceRecorded\n\nExit codes: 0 it fits, 1 it does not, and why.',
    )
    .action((file: string, flags: CheckFlags) =>
      runVerbAlone('schema check', flags, async (context) => check(context, file, flags)),
    )
  withGlobalFlags(
    schema.command('register [file]').description('append a SchemaRegistered signed by the operator (OPERATOR_KEY)'),
  )
    .option('--id <number>', 'the id that stands in the values', wholeNumber)
    .option('--event <type>', 'event type, for example InferenceRecorded', eventType)
    .option('--from-registry <number>', 'take the schema with this id from SCHEMA_REGISTRY_URL', wholeNumber)
    .addHelpText(
      'after',
      '\nExample:\n  $ tally schema register use.avsc --id 7 --event InferenceRecorded\n  $ SCHEMA_REGISTRY_URL=http://localhost:8081 tally schema register --from-registry 7\n\nIt counts for every record from the epoch on in which its own record lies. What would be rejected is not appended.',
    )
    .action((file: string | undefined, flags: RegisterFlags) =>
      runVerb('schema register', flags, (context) => register(context, file, flags)),
    )
}

function eventType(text: string): RegistrableEventType {
  if (!isRegistrable(text)) throw new InvalidArgumentError('It is no event type that may have another schema.')
  return text
}

function check({ answer }: VerbContext, file: string, { event, mode }: CheckFlags): number {
  const text = readSchema(file)
  const faults = faultsOf(text, event, mode)
  const read = readRegisteredSchema(event, text)
  const registrable = read.outcome === 'readable'
  const isGood = faults.length === 0
  answer({ event, mode, compatible: isGood, faults, registrable }, () => {
    for (const fault of faults) printLine(`${paint.red('✗')} ${fault}`)
    printLine(isGood ? paint.green(`${mode}: compatible`) : paint.red(`${mode}: NOT compatible`))
    printLine(registrable ? 'It can be registered.' : `It cannot be registered. ${read.detail}`)
  })
  return isGood ? EXIT.ok : EXIT.failed
}

/** One line for each fault; a text that is no schema is one. */
function faultsOf(text: string, event: RegistrableEventType, mode: CompatibilityMode): string[] {
  try {
    const versions = builtInSchemasOf(event).map(parseAvroSchema)
    return findIncompatibilities(mode, parseAvroSchema(text), versions).map(
      ({ version, direction, fault }) => `${direction} with version ${version + 1}: ${fault}`,
    )
  } catch (error) {
    if (!(error instanceof AvroSchemaError)) throw error
    return [error.message]
  }
}

async function register(context: VerbContext, file: string | undefined, flags: RegisterFlags): Promise<number> {
  const { session, answer } = context
  const ledger = await session.ledger()
  const signer = requireOperator(session.config, ledger.genesis)
  const registration = await registrationFrom(context, file, flags)
  const { sink } = await session.log()
  const time = new Date(Number(session.clock())).toISOString()
  await registerSchema({ ledger, sink, signer, registration, time })
  const { schemaId, eventType: event } = registration
  answer({ schemaId, eventType: event }, () =>
    printLine(`Schema ${schemaId} of ${event} is in the log; it counts from the next cut on.`),
  )
  return EXIT.ok
}

async function registrationFrom(
  { config, path }: VerbContext,
  file: string | undefined,
  { id, event, fromRegistry }: RegisterFlags,
): Promise<SchemaRegistration> {
  if (fromRegistry === undefined) {
    if (file === undefined || id === undefined || event === undefined)
      throw new ConfigError(['schema register: needs a file with --id and --event, or --from-registry'])
    return { schemaId: id, eventType: event, schema: readSchema(path(file)) }
  }
  if (file !== undefined || id !== undefined || event !== undefined)
    throw new ConfigError(['schema register: --from-registry says the schema, its id and its event type itself'])
  const registry = openSchemaRegistry(config)
  if (registry === undefined) throw new ConfigError(['schemaRegistryUrl: is needed (set SCHEMA_REGISTRY_URL)'])
  const found = toRegistration(fromRegistry, await registry.schemaOfId(fromRegistry))
  if ('registration' in found) return found.registration
  throw new SchemaUnreadableError({ schemaId: fromRegistry, eventType: '', detail: found.fault })
}

function readSchema(path: string): string {
  try {
    const { size } = statSync(path)
    if (size > SCHEMA_BYTES_MAX) throw new RangeError(`it has ${size} bytes, more than ${SCHEMA_BYTES_MAX}`)
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new FileUnreadableError({ path }, cause)
  }
}

function printList({ builtIn, registered, unknown }: SchemaList): void {
  const table = new Table({ head: ['id', 'event type', 'counts'], style: { head: [], border: [] } })
  for (const { schemaId, eventType: event } of builtIn) table.push([schemaId, event, 'built in'])
  for (const { schemaId, eventType: event, epoch } of registered)
    table.push([schemaId, event, epoch === null ? 'from the next cut on' : `from epoch ${epoch} on`])
  printLine(table.toString())
  for (const { schemaId, waiting, rejected } of unknown)
    printLine(
      `${paint.yellow('unknown')} ${schemaId}: ${waiting} records wait for it, ${rejected} were rejected for it`,
    )
}
