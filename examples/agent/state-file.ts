import { join } from 'node:path'
import { decodeBase64, encodeBase64 } from '../../anchor/base64.ts'
import { readWhole, replaceWhole } from '../../anchor/durable-file.ts'
import type { OutgoingRecord, Promised, TakenStep } from '../../client/src/index.ts'
import type { Memory } from './recall.ts'

/** Everything that an agent has to remember. It is on the disk before anything of it is sent. */
export interface AgentState {
  /** 16 bytes, 0x-hex. */
  readonly run: `0x${string}`
  /** The last step of the run. */
  readonly taken: TakenStep | undefined
  /** What its account signed for, and what of it uses have taken. */
  readonly promised: Promised
  readonly spent: bigint
  /** By task: what was answered. */
  readonly answers: Readonly<Record<string, string>>
  /** What it learned, in the order in which it did. */
  readonly memories: readonly Memory[]
  /** Records that may not have arrived yet: they are sent again, the same bytes. */
  readonly outbox: readonly OutgoingRecord[]
}

const FILE = 'agent.json'

export async function loadAgentState(folder: string): Promise<AgentState | undefined> {
  const text = await readWhole(join(folder, FILE))
  if (text === undefined) return undefined
  const { promised, spent, taken, outbox, ...plain } = JSON.parse(text) as StoredState
  return {
    ...plain,
    taken: taken ?? undefined,
    promised: { cumulative: BigInt(promised.cumulative), sequence: BigInt(promised.sequence) },
    spent: BigInt(spent),
    outbox: outbox.map(({ topic, key, headers, value }) => ({
      ...{ topic, key: bytesOf(key), value: bytesOf(value) },
      headers: headers.map(([name, header]) => [name, Buffer.from(bytesOf(header))] as const),
    })),
  }
}

/** Killed at any moment, the file is as before or as it shall be. */
export function saveAgentState(folder: string, state: AgentState): Promise<void> {
  const stored: StoredState = {
    ...state,
    taken: state.taken ?? null,
    promised: { cumulative: `${state.promised.cumulative}`, sequence: `${state.promised.sequence}` },
    spent: `${state.spent}`,
    outbox: state.outbox.map(({ topic, key, headers, value }) => ({
      ...{ topic, key: encodeBase64(key), value: encodeBase64(value) },
      headers: headers.map(([name, header]) => [name, encodeBase64(header!)] as const),
    })),
  }
  return replaceWhole(join(folder, FILE), JSON.stringify(stored))
}

interface StoredState extends Omit<AgentState, 'taken' | 'promised' | 'spent' | 'outbox'> {
  readonly taken: TakenStep | null
  readonly promised: { readonly cumulative: string; readonly sequence: string }
  readonly spent: string
  readonly outbox: readonly {
    readonly topic: string
    readonly key: string
    readonly headers: readonly (readonly [string, string])[]
    readonly value: string
  }[]
}

function bytesOf(base64: string): Uint8Array {
  const bytes = decodeBase64(base64)
  if (bytes === undefined) throw new SyntaxError(`${FILE} is damaged: it holds no base64 where a record should be.`)
  return bytes
}
