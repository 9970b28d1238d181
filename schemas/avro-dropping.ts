import * as read from './avro-read.ts'
import type { AvroSchema, Primitive } from './avro-schema.ts'

/** Reads one value as strictly as if it were kept, and holds nothing of it. Throws on bytes that are no such value. */
type Dropper = (tap: read.Tap) => void

const PRIMITIVES: Readonly<Record<Primitive, (tap: read.Tap) => unknown>> = {
  null: () => null,
  boolean: read.readBoolean,
  int: read.readInt,
  long: read.readLong,
  float: read.readFloat,
  double: read.readDouble,
  bytes: read.readBytes,
  string: read.readString,
}

/** Readers for what only the writer's schema has. A type is looked at once, however many fields name it. */
export class Dropping {
  readonly #droppers = new Map<AvroSchema, Dropper>()

  of(schema: AvroSchema): Dropper {
    const dropper = this.#droppers.get(schema) ?? this.#make(schema)
    this.#droppers.set(schema, dropper)
    return dropper
  }

  #make(schema: AvroSchema): Dropper {
    switch (schema.kind) {
      case 'record': {
        const fields = schema.fields.map((field) => this.of(field.type))
        return (tap) => {
          for (const drop of fields) drop(tap)
        }
      }
      case 'enum': {
        const count = schema.symbols.length
        return (tap) => void read.readIndex(read.readInt(tap), count)
      }
      case 'fixed':
        return (tap) => void read.readFixed(tap, schema.size)
      case 'array': {
        const drop = this.of(schema.items)
        return (tap) => read.readBlocks(tap, () => drop(tap))
      }
      case 'map': {
        const drop = this.of(schema.values)
        return (tap) =>
          read.readBlocks(tap, () => {
            read.readString(tap)
            drop(tap)
          })
      }
      case 'union': {
        const branches = schema.branches.map((branch) => this.of(branch))
        return (tap) => branches[read.readIndex(read.readLong(tap), branches.length)]!(tap)
      }
      default:
        return PRIMITIVES[schema.kind]
    }
  }
}
