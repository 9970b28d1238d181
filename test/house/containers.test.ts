import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { loadConfig } from '../../cli/config.ts'

interface Service {
  readonly image: string
  readonly build?: string
  readonly ports?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly healthcheck?: { readonly test: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
  readonly volumes?: readonly string[]
}

const read = (file: string) => readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
const compose = parse(read('docker-compose.yml')) as {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}
const services = Object.entries(compose.services)
const service = (name: string): Service => compose.services[name]!
const packageJson = JSON.parse(read('package.json')) as {
  readonly version: string
  readonly devDependencies: Readonly<Record<string, string>>
}

describe('docker-compose.yml', () => {
  test('has a broker, its topics, a chain and Tallystick', () => {
    expect(services.map(([name]) => name).sort()).toEqual(['anvil', 'kafka', 'tally', 'topics'])
  })

  test.each(services)('%s: its image has a version', (_, { image }) => {
    expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+\.\d+$/)
  })

  test('images have the versions that the tests use', () => {
    const kafka = /<artifactId>kafka_2\.13<\/artifactId>\s*<version>([\d.]+)</.exec(
      read('test/support/kafka/pom.xml'),
    )?.[1]
    expect(service('kafka').image).toBe(`apache/kafka:${kafka}`)
    expect(service('anvil').image).toMatch(new RegExp(`:v${packageJson.devDependencies['@foundry-rs/forge']}$`))
    for (const name of ['tally', 'topics']) expect(service(name).image).toBe(`tallystick:${packageJson.version}`)
  })

  test('no port is open beyond this machine', () => {
    const ports = services.flatMap(([, { ports: open = [] }]) => open)
    expect(ports.length).toBeGreaterThan(0)
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  test('what stays up says whether it is well, and what is waited for is there', () => {
    for (const [name, { healthcheck, depends_on: needs = {} }] of services) {
      expect([name, healthcheck === undefined]).toEqual([name, name === 'topics'])
      for (const [needed, { condition }] of Object.entries(needs)) {
        const ends = service(needed).healthcheck === undefined
        expect(condition).toBe(ends ? 'service_completed_successfully' : 'service_healthy')
      }
    }
  })

  test('every volume is declared and used', () => {
    const used = services.flatMap(([, { volumes = [] }]) => volumes.map((volume) => volume.split(':')[0]))
    expect(used.sort()).toEqual(Object.keys(compose.volumes).sort())
  })

  test('the topics are made by the verb that makes them right', () => {
    expect(service('topics').command!.slice(0, 2)).toEqual(['topics', 'create'])
    expect(loadConfig({ environment: service('topics').environment!, flags: {} }).kafkaBrokers).toEqual(['kafka:9092'])
  })

  test('Tallystick understands its environment', () => {
    const config = loadConfig({ environment: service('tally').environment!, flags: {} })
    expect(config).toMatchObject({ kafkaBrokers: ['kafka:9092'], rpcUrl: 'http://anvil:8545', data: '/data' })
  })
})

describe('Dockerfile', () => {
  const stages = read('Dockerfile').split(/^(?=FROM )/m)

  test('every stage starts from the same Node, with its version', () => {
    const images = stages.map((stage) => /^FROM (\S+)/.exec(stage)?.[1])
    expect(images[0]).toMatch(/^node:20\.\d+\.\d+-[a-z]+-slim$/)
    expect(new Set(images).size).toBe(1)
  })

  test('the last stage runs tally, not as root', () => {
    const last = stages.at(-1)!
    expect(last).toMatch(/^USER node$/m)
    expect(last).toMatch(/^ENTRYPOINT \["tally"\]$/m)
    expect(last.indexOf('USER node')).toBeGreaterThan(last.lastIndexOf('\nRUN '))
  })
})
