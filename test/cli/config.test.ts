import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { loadConfig } from '../../cli/config.ts'
import { kafkaConnection } from '../../cli/kafka-connection.ts'
import { documentOf, errorOf, tally } from './support/tally.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** The lines of what loadConfig throws, without the first. */
function problemsOf(sources: Partial<Parameters<typeof loadConfig>[0]>): string[] {
  try {
    loadConfig({ environment: {}, flags: {}, ...sources })
  } catch (error) {
    expect(error).toMatchObject({ code: 'CONFIG', hint: expect.stringContaining('README') })
    return (error as Error).message.split('\n').slice(1)
  }
  throw new Error('The configuration was taken.')
}

/** The rest of a login, so that one part alone is wrong. */
function loginBeside(name: string): Record<string, string> {
  return name.startsWith('KAFKA_SASL') ? { KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' } : {}
}

describe('the configuration', () => {
  const path = temporaryFolder()

  test.each<[string, string, string]>([
    ['RPC_URL', 'localhost:8545', 'rpcUrl: must be an http or https URL'],
    ['RPC_URL', 'ftp://localhost', 'rpcUrl: must be an http or https URL'],
    ['RPC_CHECK_URL', 'localhost:8545', 'checkRpcUrl: must be an http or https URL'],
    ['KAFKA_BROKERS', 'localhost', 'kafkaBrokers: must be host:port'],
    ['KAFKA_BROKERS', 'a:1,,b:2', 'kafkaBrokers: must be host:port'],
    ['KAFKA_SSL', 'yes', 'kafkaSsl: must be true, false or { ca, cert, key }'],
    ['KAFKA_SASL_MECHANISM', 'GSSAPI', 'kafkaSasl.mechanism: must be plain, scram-sha-256, scram-sha-512'],
    ['TALLY_PARTITIONS', 'three', 'partitions: must be a whole number'],
    ['TALLY_PARTITIONS', '0', 'partitions: must be at least 1'],
    ['TALLY_PARTITIONS', '1001', 'partitions: must be at most 1000'],
    ['TALLY_PARTITIONS', '1.5', 'partitions: must be a whole number'],
    ['KAFKA_SESSION_TIMEOUT_MS', '10', 'kafkaSessionTimeoutMs: must be at least 1000'],
    ['SCHEMA_REGISTRY_URL', 'localhost:8081', 'schemaRegistryUrl: must be an http or https URL'],
    ['SCHEMA_REGISTRY_URL', 'http://me:pw@localhost', 'schemaRegistryUrl: must hold no credentials'],
    ['SCHEMA_REGISTRY_AUTH', 'me', 'schemaRegistryAuth: must be user:password, or Bearer and a token'],
    ['OPERATOR_KEY', '0x12', 'operatorKey: must be 0x and 64 hex digits'],
    ['PROPOSER_KEY', '0x12', 'proposerKey: must be 0x and 64 hex digits'],
  ])('%s=%s is one line with the setting and where it came from', (name, value, problem) => {
    expect(problemsOf({ environment: { [name]: value, ...loginBeside(name) } })).toEqual([
      `  - ${problem} (from ${name})`,
    ])
  })

  test('how to reach Kafka: encryption, files and login, from file and environment', () => {
    const file = path('kafka.json')
    writeFileSync(file, JSON.stringify({ kafkaSsl: { cert: 'c.pem', key: 'k.pem' }, kafkaSasl: { username: 'u' } }))
    const login = { KAFKA_SASL_MECHANISM: 'scram-sha-512', KAFKA_SASL_PASSWORD: 'secret' }
    const environment = { KAFKA_SSL_CA: 'ca.pem', ...login }
    expect(loadConfig({ file, environment, flags: {} })).toMatchObject({
      kafkaSsl: { ca: 'ca.pem', cert: 'c.pem', key: 'k.pem' },
      kafkaSasl: { mechanism: 'scram-sha-512', username: 'u', password: 'secret' },
    })
    expect(loadConfig({ environment: { KAFKA_SSL: 'true' }, flags: {} }).kafkaSsl).toEqual({})
    expect(loadConfig({ environment: { KAFKA_SSL: 'true', KAFKA_SSL_CA: 'x' }, flags: {} }).kafkaSsl).toEqual({
      ca: 'x',
    })
    expect(loadConfig({ environment: { KAFKA_SSL: 'false', KAFKA_SSL_CA: 'x' }, flags: {} }).kafkaSsl).toBeUndefined()
  })

  test('what is wrong about it is one line a rule, without the password', () => {
    const file = path('bad-kafka.json')
    const kafkaSasl = { mechanism: 'plain', password: { of: 'secret' }, realm: 'r' }
    writeFileSync(file, JSON.stringify({ kafkaSsl: { cert: 'c.pem' }, kafkaSasl }))
    const problems = problemsOf({ file })
    expect(problems.sort()).toEqual([
      `  - kafkaSasl.password: must be given (from ${file})`,
      `  - kafkaSasl.realm: no such setting (${file})`,
      `  - kafkaSasl.username: must be given (from ${file})`,
      `  - kafkaSsl: cert and key come together (from ${file})`,
    ])
    expect(problems.join()).not.toContain('secret')
  })

  test('files of kafkaSsl that cannot be read are one line each', () => {
    const config = loadConfig({ environment: { KAFKA_SSL_CA: '/nowhere/ca.pem' }, flags: {} })
    expect(() => kafkaConnection(['b:1'], config)).toThrow(/- kafkaSsl\.ca: ENOENT/)
  })

  test('a second node is another one beside the first', () => {
    const check = { RPC_CHECK_URL: 'https://two.example/key' }
    expect(() => loadConfig({ environment: check, flags: {} })).toThrow('rpcUrl must name the first node')
    const same = { RPC_URL: 'https://two.example/other', ...check }
    expect(() => loadConfig({ environment: same, flags: {} })).toThrow('it must be another node than rpcUrl')
    const flags = { rpc: 'https://one.example', checkRpc: 'https://three.example' }
    expect(loadConfig({ environment: check, flags })).toMatchObject({ checkRpcUrl: 'https://three.example' })
  })

  test('a wrong key is never shown', () => {
    const problems = problemsOf({ environment: { PROPOSER_KEY: '0xsecret' } })
    expect(problems.join('\n')).not.toContain('secret')
  })

  test('each broken rule has its line, from file, environment and flags', () => {
    const file = path('broken.json')
    writeFileSync(file, JSON.stringify({ partitions: 0, kafkaGroup: '', colour: 'green' }))
    const problems = problemsOf({ file, environment: { KAFKA_BROKERS: 'nowhere' }, flags: { rpc: 'x' } })
    expect(problems.map((line) => line.replace(/: .* \(/, ' ('))).toEqual(
      expect.arrayContaining([
        `  - partitions (from ${file})`,
        `  - kafkaGroup (from ${file})`,
        '  - kafkaBrokers (from KAFKA_BROKERS)',
        '  - rpcUrl (from --rpc)',
        `  - colour (${file})`,
      ]),
    )
    expect(problems).toHaveLength(5)
  })

  test('a file that is missing, no JSON or no object is one line with its name', () => {
    for (const [name, text] of Object.entries({ missing: undefined, text: 'data=here', list: '[]', nothing: 'null' })) {
      const file = path(`${name}.json`)
      if (text !== undefined) writeFileSync(file, text)
      const problems = problemsOf({ file })
      expect(problems).toHaveLength(1)
      expect(problems[0]).toContain(file)
    }
  })

  test('flags go before the environment, the environment before the file', () => {
    const file = path('good.json')
    writeFileSync(file, JSON.stringify({ data: 'file', kafkaGroup: 'file', partitions: 7, rpcUrl: 'http://file' }))
    const environment = {
      TALLY_DATA: 'environment',
      KAFKA_GROUP: 'environment',
      KAFKA_BROKERS: 'a:1, b:2',
      RPC_URL: '',
    }
    expect(loadConfig({ file, environment, flags: { data: 'flag' } })).toEqual({
      data: resolve('flag'),
      kafkaGroup: 'environment',
      kafkaBrokers: ['a:1', 'b:2'],
      partitions: 7,
      rpcUrl: 'http://file',
    })
  })

  test('the CLI ends with 2 and says all of it, to a person and as JSON, and does nothing', async () => {
    const data = path('untouched')
    const env = { TALLY_DATA: data, RPC_URL: 'nonsense', TALLY_PARTITIONS: '0' }
    const person = await tally(['run'], { env })
    expect(person).toMatchObject({ end: 2, stdout: '' })
    expect(person.stderr).toMatch(
      /rpcUrl: .*\(from RPC_URL\)\n.*partitions|partitions: .*\n.*rpcUrl: .*\(from RPC_URL\)/,
    )
    const machine = await tally(['run', '--json'], { env })
    expect(machine).toMatchObject({ end: 2, stderr: '' })
    expect(errorOf(machine)).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('partitions') })
    expect(existsSync(data)).toBe(false)
  })

  test('tally.config.json of the working folder is read', async () => {
    const cwd = path('working')
    mkdirSync(cwd)
    writeFileSync(path('working', 'tally.config.json'), JSON.stringify({ data: 'ledger-of-the-file' }))
    expect(await tally(['ingest', '--json'], { cwd })).toMatchObject({ end: 0 })
    expect(existsSync(path('working', 'ledger-of-the-file', 'warehouse.duckdb'))).toBe(true)
    writeFileSync(path('working', 'tally.config.json'), '{')
    const broken = await tally(['ingest', '--json'], { cwd })
    expect(broken.end).toBe(2)
    expect(documentOf(broken)).toMatchObject({
      error: { code: 'CONFIG', message: expect.stringContaining('config.json') },
    })
  })

  test('a data folder that cannot be made is a setting that is wrong', async () => {
    const file = path('a-file')
    writeFileSync(file, '')
    const ended = await tally(['ingest', '--json', '--data', `${file}/ledger`])
    expect(ended.end).toBe(2)
    expect(errorOf(ended)).toMatchObject({ code: 'CONFIG', message: expect.stringContaining('data: ENOTDIR') })
  })
})
