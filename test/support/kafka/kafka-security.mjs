// The secure listener of a test cluster: TLS with a certificate made for it, and users who sign in by PLAIN or SCRAM.
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from './kafka-jars.mjs'

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']
const MODULES = 'org.apache.kafka.common.security'

/** One key and certificate for all nodes (keytool comes with every Java runtime), and one user for each mechanism. */
export async function makeSecurity(folder) {
  const keystore = join(folder, 'broker.p12')
  const certificate = join(folder, 'ca.pem')
  const password = secret()
  const store = ['-keystore', keystore, '-storetype', 'PKCS12', '-storepass', password, '-alias', 'broker']
  const names = ['-dname', 'CN=localhost', '-ext', 'SAN=ip:127.0.0.1,dns:localhost']
  await run('keytool', [
    '-genkeypair',
    ...store,
    '-keyalg',
    'EC',
    '-groupname',
    'secp256r1',
    '-validity',
    '30',
    ...names,
  ])
  await run('keytool', ['-exportcert', '-rfc', ...store, '-file', certificate])
  return {
    keystore,
    password,
    ca: await readFile(certificate, 'utf8'),
    caFile: certificate,
    users: MECHANISMS.map((mechanism) => ({
      mechanism: mechanism.toLowerCase(),
      username: `user-${mechanism.toLowerCase()}`,
      password: secret(),
    })),
  }
}

/** Server properties of the secure listener; the others stay plain. */
export function securityProperties({ keystore, password, users }) {
  const listener = 'listener.name.sasl_ssl'
  const plain = users
    .filter(({ mechanism }) => mechanism === 'plain')
    .map((user) => ` user_${user.username}="${user.password}"`)
  return {
    [`${listener}.ssl.keystore.location`]: keystore,
    [`${listener}.ssl.keystore.type`]: 'PKCS12',
    [`${listener}.ssl.keystore.password`]: password,
    [`${listener}.sasl.enabled.mechanisms`]: MECHANISMS.join(','),
    [`${listener}.plain.sasl.jaas.config`]: `${MODULES}.plain.PlainLoginModule required${plain.join('')};`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${MODULES}.scram.ScramLoginModule required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${MODULES}.scram.ScramLoginModule required;`,
  }
}

/** What `kafka-storage format` is told, so that the SCRAM users are there from the first start. */
export function scramArguments({ users }) {
  return users
    .filter(({ mechanism }) => mechanism.startsWith('scram'))
    .flatMap(({ mechanism, username, password }) => [
      '--add-scram',
      `${mechanism.toUpperCase()}=[name=${username},password=${password}]`,
    ])
}

function secret() {
  return randomBytes(12).toString('hex')
}
