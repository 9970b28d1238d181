import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { TallyError } from '../schemas/errors.ts'
import { KAFKA_ENVIRONMENT, kafkaSasl, kafkaSsl } from './kafka-settings.ts'

const CONFIG_FILE = 'tally.config.json'

const privateKey = z.string().regex(/^0x[0-9a-fA-F]{64}$/, 'must be 0x and 64 hex digits')
const url = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })

const shape = z.strictObject({
  data: z.string().min(1, 'must name a folder').default('tally-data'),
  kafkaBrokers: z
    .array(z.string().regex(/^[^\s:]+:\d+$/, 'must be host:port'))
    .min(1, 'must name at least one broker')
    .optional(),
  kafkaGroup: z.string().min(1).default('tallystick'),
  kafkaSsl,
  kafkaSasl,
  kafkaSessionTimeoutMs: z
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(1_000, 'must be at least 1000')
    .max(1_800_000, 'must be at most 1800000')
    .optional(),
  partitions: z
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(1_000, 'must be at most 1000')
    .default(3),
  segments: z.string().min(1, 'must name a folder').optional(),
  rpcUrl: url.optional(),
  checkRpcUrl: url.optional(),
  proposerKey: privateKey.optional(),
  schemaRegistryUrl: url.refine((text) => !/^https?:\/\/[^/]*@/.test(text), 'must hold no credentials').optional(),
  schemaRegistryAuth: z
    .string()
    .regex(/^(Bearer \S+|[^:\s]+:.+)$/, 'must be user:password, or Bearer and a token')
    .optional(),
  operatorKey: privateKey.optional(),
  logKey: z.string().min(1, 'must name a folder').optional(),
  attesterKey: privateKey.optional(),
  guardianKey: privateKey.optional(),
  alarmWebhook: url.refine((text) => !/^https?:\/\/[^/]*@/.test(text), 'must hold no credentials').optional(),
  backupDays: z
    .number({ error: 'must be a whole number' })
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(36_500, 'must be at most 36500')
    .optional(),
  attestations: z.string().min(1, 'must name a folder').optional(),
  depositSource: z.string().min(1).max(256, 'must have at most 256 characters').optional(),
})

export type Config = z.infer<typeof shape>

/** Environment variable → configuration key. */
const ENVIRONMENT = {
  TALLY_DATA: 'data',
  KAFKA_BROKERS: 'kafkaBrokers',
  KAFKA_GROUP: 'kafkaGroup',
  KAFKA_SSL: 'kafkaSsl',
  KAFKA_SESSION_TIMEOUT_MS: 'kafkaSessionTimeoutMs',
  TALLY_PARTITIONS: 'partitions',
  TALLY_SEGMENTS: 'segments',
  RPC_URL: 'rpcUrl',
  RPC_CHECK_URL: 'checkRpcUrl',
  PROPOSER_KEY: 'proposerKey',
  SCHEMA_REGISTRY_URL: 'schemaRegistryUrl',
  SCHEMA_REGISTRY_AUTH: 'schemaRegistryAuth',
  OPERATOR_KEY: 'operatorKey',
  TALLY_LOG_KEY: 'logKey',
  DEPOSIT_SOURCE: 'depositSource',
  ATTESTER_KEY: 'attesterKey',
  GUARDIAN_KEY: 'guardianKey',
  ALARM_WEBHOOK: 'alarmWebhook',
  TALLY_ATTESTATIONS: 'attestations',
  TALLY_BACKUP_DAYS: 'backupDays',
} as const satisfies Record<string, keyof Config>

export class ConfigError extends TallyError {
  override readonly code = 'CONFIG'
  constructor(problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`, {
      hint: `Settings come from ${CONFIG_FILE} (or --config FILE), then the environment, then flags; README.md lists them.`,
    })
  }
}

export interface ConfigSources {
  readonly environment: NodeJS.ProcessEnv
  /** `--config`; without it `tally.config.json` is read if it is there. */
  readonly file?: string | undefined
  readonly flags: {
    readonly data?: string | undefined
    readonly rpc?: string | undefined
    readonly checkRpc?: string | undefined
  }
}

/**
 * File, then environment, then flags; validated once, with one line for each rule that is broken.
 *
 * @throws ConfigError naming each setting and where it came from
 */
export function loadConfig(sources: ConfigSources): Config {
  return readSettings(sources).config
}

/** What {@link loadConfig} gives, and which of it was set by somebody: the rest are defaults. @throws ConfigError */
export function readSettings({ environment, file, flags }: ConfigSources): {
  readonly config: Config
  readonly given: ReadonlyMap<keyof Config, string>
} {
  const origins = new Map<string, string>()
  const values: Record<string, unknown> = {}
  const set = (key: string, value: unknown, origin: string) => {
    values[key] = value
    origins.set(key, origin)
  }
  for (const [key, value] of Object.entries(readConfigFile(file))) set(key, value, file ?? CONFIG_FILE)
  for (const [name, key] of Object.entries(ENVIRONMENT)) {
    const text = environment[name]
    if (text !== undefined && text !== '') set(key, fromText(key, text), name)
  }
  for (const [name, [key, part]] of Object.entries(KAFKA_ENVIRONMENT)) {
    const text = environment[name]
    if (text === undefined || text === '') continue
    const before = values[key]
    if (before === false) continue // switched off on purpose
    set(key, { ...(typeof before === 'object' ? before : {}), [part]: text }, origins.get(key) ?? name)
    origins.set(`${key}.${part}`, name)
  }
  if (flags.data !== undefined) set('data', flags.data, '--data')
  if (flags.rpc !== undefined) set('rpcUrl', flags.rpc, '--rpc')
  if (flags.checkRpc !== undefined) set('checkRpcUrl', flags.checkRpc, '--check-rpc')
  const parsed = shape.safeParse(values)
  if (parsed.success) {
    return { config: withPaths(parsed.data), given: origins as ReadonlyMap<keyof Config, string> }
  }
  throw new ConfigError(
    parsed.error.issues.map((issue) => {
      if (issue.code === 'unrecognized_keys')
        return `${issue.keys.map((key) => [...issue.path, key].join('.')).join(', ')}: no such setting (${file ?? CONFIG_FILE})`
      const path = issue.path.filter((part) => typeof part === 'string').join('.')
      const origin = origins.get(path) ?? origins.get(String(issue.path[0]))
      return `${path}: ${issue.message} (from ${origin ?? 'the defaults'})`
    }),
  )
}

/** @throws ConfigError */
function withPaths(config: Config): Config {
  const { data, segments, kafkaBrokers, depositSource, rpcUrl, checkRpcUrl } = config
  if (segments !== undefined && kafkaBrokers === undefined && depositSource !== undefined)
    throw new ConfigError(['segments: deposits are written to the log that is sealed, so kafkaBrokers must name it'])
  if (checkRpcUrl !== undefined && rpcUrl === undefined)
    throw new ConfigError(['checkRpcUrl: it is a second opinion, so rpcUrl must name the first node'])
  if (checkRpcUrl !== undefined && new URL(checkRpcUrl).host === new URL(rpcUrl!).host)
    throw new ConfigError(['checkRpcUrl: it must be another node than rpcUrl'])
  const { attestations } = config
  return {
    ...config,
    data: resolve(data),
    ...(segments === undefined ? {} : { segments: resolve(segments) }),
    ...(attestations === undefined ? {} : { attestations: resolve(attestations) }),
  }
}

function fromText(key: keyof Config, text: string): unknown {
  if (key === 'kafkaSsl') return text === 'true' ? true : text === 'false' ? false : text
  if (key === 'kafkaBrokers') return text.split(',').map((broker) => broker.trim())
  return key === 'partitions' || key === 'kafkaSessionTimeoutMs' || key === 'backupDays' ? Number(text) : text
}

function readConfigFile(file: string | undefined): object {
  if (file === undefined && !existsSync(CONFIG_FILE)) return {}
  const path = file ?? CONFIG_FILE
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new SyntaxError('it is no JSON object')
    return value
  } catch (error) {
    throw new ConfigError([`${path}: ${error instanceof Error ? error.message : String(error)}`])
  }
}
