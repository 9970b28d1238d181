import { readFileSync } from 'node:fs'

/** Golden vectors that hold event bodies: `{ "$bytes": hex }` becomes a Buffer, `{ "$integer": decimal }` a bigint. */
export function readTaggedVectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'), (_, value) => {
    if (typeof value?.$bytes === 'string') return Buffer.from(value.$bytes, 'hex')
    return typeof value?.$integer === 'string' ? BigInt(value.$integer) : value
  })
}
