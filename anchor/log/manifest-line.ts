const PREFIX = 'tallystick/manifest '

/**
 * The extension line by which a checkpoint names the manifest that its tree belongs to: what a witness signs is then not the
 * tree of records alone, but what the epoch pays too.
 *
 * @param hash of the manifest, lower-case 0x-hex
 */
export function manifestLine(epoch: number, hash: string): string {
  return `${PREFIX}${epoch} ${hash}`
}

/** The manifest lines of a checkpoint. */
export function manifestLinesOf({ extensions }: { readonly extensions: readonly string[] }): readonly string[] {
  return extensions.filter((line) => line.startsWith(PREFIX))
}
