import { z } from 'zod'

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const

const file = (what: string) =>
  z.string({ error: `must name the file of ${what}` }).min(1, `must name the file of ${what}`)
const text = (error: string) => z.string({ error }).min(1, error)

const tls = z
  .strictObject(
    {
      ca: file('the certificates to trust').optional(),
      cert: file('the client certificate').optional(),
      key: file('the client key').optional(),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'must be true, false or { ca, cert, key }' : undefined) },
  )
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'cert and key come together')

/** `true`: the authorities that Node trusts; an object: files. `false` and nothing: no encryption. */
export const kafkaSsl = z.preprocess(
  (value) => (value === true ? {} : value === false ? undefined : value),
  tls.optional(),
)

export const kafkaSasl = z
  .strictObject(
    {
      mechanism: z.enum(MECHANISMS, { error: `must be ${MECHANISMS.join(', ')}` }),
      username: text('must be given'),
      password: text('must be given'),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'must be { mechanism, username, password }' : undefined) },
  )
  .optional()

type Nested = Readonly<Record<string, readonly [key: 'kafkaSsl' | 'kafkaSasl', part: string]>>

/** Environment variable → part of a setting. */
export const KAFKA_ENVIRONMENT: Nested = {
  KAFKA_SSL_CA: ['kafkaSsl', 'ca'],
  KAFKA_SSL_CERT: ['kafkaSsl', 'cert'],
  KAFKA_SSL_KEY: ['kafkaSsl', 'key'],
  KAFKA_SASL_MECHANISM: ['kafkaSasl', 'mechanism'],
  KAFKA_SASL_USERNAME: ['kafkaSasl', 'username'],
  KAFKA_SASL_PASSWORD: ['kafkaSasl', 'password'],
}
