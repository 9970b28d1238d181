import { Kafka, type KafkaConfig, logLevel } from 'kafkajs'
import { TallyError } from '../schemas/errors.ts'
import { registerCodecs } from './kafka-codecs.ts'
import type { KafkaSockets } from './kafka-sockets.ts'
import { SourceLoginError, SourceUntrustedError } from './kafka-source-errors.ts'
import { NotPermittedError } from './log-admin-errors.ts'
import { SourceUnavailableError, TopicMissingError } from './record-source-errors.ts'

export interface KafkaLogLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly message: string
  readonly facts: Readonly<Record<string, unknown>>
}

export interface KafkaConnectionOptions {
  /** `host:port` of some brokers; the rest are found through them. */
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly ssl?: NonNullable<KafkaConfig['ssl']>
  readonly sasl?: NonNullable<KafkaConfig['sasl']>
  /** What the client has to say. Nothing is printed without it. */
  readonly log?: (line: KafkaLogLine) => void
}

const LEVEL_NAMES: Readonly<Record<number, KafkaLogLine['level']>> = {
  [logLevel.ERROR]: 'error',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'info',
  [logLevel.DEBUG]: 'debug',
}

/** @param sockets what the client opens, where it lives longer than a question; whoever closes it destroys them last */
export function kafkaClient(options: KafkaConnectionOptions, sockets?: KafkaSockets): Kafka {
  const { brokers, clientId, ssl, sasl, log } = options
  registerCodecs()
  return new Kafka({
    brokers: [...brokers],
    clientId,
    ...(sockets === undefined ? {} : { socketFactory: sockets.open }),
    ...(ssl === undefined ? {} : { ssl }),
    ...(sasl === undefined ? {} : { sasl }),
    logLevel: log === undefined ? logLevel.NOTHING : logLevel.INFO,
    logCreator: () => (entry) => {
      const { message, ...facts } = entry.log
      log?.({ level: LEVEL_NAMES[entry.level] ?? 'info', message, facts })
    },
  })
}

/** The broker's name for what went wrong (`UNKNOWN_TOPIC_OR_PARTITION`), wherever in the chain of causes it stands. */
export function kafkaErrorType(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('type' in e && typeof e.type === 'string') return e.type
  }
  return undefined
}

/** Node's names for a certificate that does not hold, wherever in the chain of causes they stand. */
const UNTRUSTED = /CERT|SIGNATURE|SELF_SIGNED/

function untrusted(error: unknown): Error | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('code' in e && typeof e.code === 'string' && UNTRUSTED.test(e.code)) return e
  }
  return undefined
}

function isLoginError(error: unknown): boolean {
  for (let e = error; e instanceof Error; e = e.cause) if (e.name === 'KafkaJSSASLAuthenticationError') return true
  return false
}

/** A client error in our terms; `topic` is the one that was asked for. Our own errors pass, also wrapped by kafkajs. */
export function asSourceError(error: unknown, brokers: readonly string[], topic?: string): TallyError {
  for (let e = error; e instanceof Error; e = e.cause) {
    if (e instanceof TallyError) return e
  }
  if (topic !== undefined && kafkaErrorType(error) === 'UNKNOWN_TOPIC_OR_PARTITION')
    return new TopicMissingError({ topic })
  const refused = kafkaErrorType(error)
  if (refused?.endsWith('AUTHORIZATION_FAILED'))
    return new NotPermittedError(
      { doing: topic === undefined ? 'what it asked for' : `to use ${topic}`, refused },
      error,
    )
  const source = brokers.join(',')
  if (isLoginError(error)) return new SourceLoginError({ source }, error)
  const certificate = untrusted(error)
  if (certificate !== undefined) return new SourceUntrustedError({ source, problem: certificate.message }, error)
  return new SourceUnavailableError({ source }, error)
}

/** The first of the topics that the broker does not know; null when it knows them all. */
export async function firstMissingTopic(kafka: Kafka, topics: readonly string[]): Promise<string | null> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    const known = new Set(await admin.listTopics())
    return topics.find((topic) => !known.has(topic)) ?? null
  } finally {
    await admin.disconnect()
  }
}
