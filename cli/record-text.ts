const DUMP_BYTES_MAX = 512
const LINE_BYTES = 16

/**
 * Text of a stranger for a person's terminal: whatever is no letter, mark, number, punctuation, symbol or space becomes its
 * code point, so that it neither moves the cursor nor colours, hides or turns around what stands beside it.
 */
export function quoted(text: string): string {
  const shown = text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]|["\\]/gu, (found) =>
    found === '"' || found === '\\' ? `\\${found}` : `\\u{${found.codePointAt(0)!.toString(16)}}`,
  )
  return `"${shown}"`
}

/** Bytes as quoted text where they are UTF-8, else as hex; null as `null`. */
export function bytesAsText(bytes: Uint8Array | null): string {
  if (bytes === null) return 'null'
  try {
    return quoted(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return `0x${Buffer.from(bytes).toString('hex')}`
  }
}

/** The first 512 bytes, 16 a line: place, hex, and what of it is printable ASCII. */
export function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = []
  const end = Math.min(bytes.length, DUMP_BYTES_MAX)
  for (let at = 0; at < end; at += LINE_BYTES) {
    const line = Buffer.from(bytes.subarray(at, Math.min(at + LINE_BYTES, end)))
    const hex = [...line].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const ascii = [...line].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(LINE_BYTES * 3 - 1)}  ${ascii}`)
  }
  if (bytes.length > end) lines.push(`… ${bytes.length - end} bytes more`)
  return lines
}
