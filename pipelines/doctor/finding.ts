export type Severity = 'ok' | 'note' | 'warning' | 'error'

/** One thing that was looked at. */
export interface Finding {
  /** What was looked at; stable, for machines. */
  readonly check: string
  readonly severity: Severity
  /** The topic, partition, file or group; null for the whole. */
  readonly subject: string | null
  readonly found: string
  /** What follows from it; null when it is all right. */
  readonly means: string | null
  /** The command or step that mends it; null when there is nothing to mend. */
  readonly mend: string | null
}

export function ok(check: string, found: string): Finding {
  return { check, severity: 'ok', subject: null, found, means: null, mend: null }
}

export function note(check: string, found: string, means: string | null = null, mend: string | null = null): Finding {
  return { check, severity: 'note', subject: null, found, means, mend }
}
