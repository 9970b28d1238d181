import { readFileSync } from 'node:fs'
import type { KafkaConnectionOptions } from '../pipelines/kafka-connection.ts'
import { type Config, ConfigError } from './config.ts'

/**
 * How source and sink reach the configured broker.
 *
 * @throws ConfigError naming each file of `kafkaSsl` that cannot be read
 */
export function kafkaConnection(brokers: readonly string[], config: Config): KafkaConnectionOptions {
  const { kafkaSsl, kafkaSasl } = config
  const { mechanism, ...login } = kafkaSasl ?? {}
  return {
    brokers: [...brokers],
    clientId: 'tallystick',
    ...(kafkaSsl === undefined ? {} : { ssl: filesOf(kafkaSsl) }),
    // The client's type is a union over mechanisms; the configuration has one value of each.
    ...(mechanism === undefined
      ? {}
      : { sasl: { mechanism, ...login } as NonNullable<KafkaConnectionOptions['sasl']> }),
  }
}

function filesOf(files: Readonly<Record<string, string | undefined>>): NonNullable<KafkaConnectionOptions['ssl']> {
  const problems: string[] = []
  const contents: Record<string, string> = {}
  for (const [name, path] of Object.entries(files)) {
    if (path === undefined) continue
    try {
      contents[name] = readFileSync(path, 'utf8')
    } catch (error) {
      problems.push(`kafkaSsl.${name}: ${(error as Error).message}`)
    }
  }
  if (problems.length > 0) throw new ConfigError(problems)
  return contents
}
