import { TallyError } from '../../../schemas/errors.ts'

/** Bytes are no signed note, or a text cannot be one. */
export class NoteFormatError extends TallyError {
  override readonly code = 'NOTE_FORMAT'
  constructor(detail: string) {
    super(`This is no signed note: ${detail}.`, { hint: 'Its shape is in docs/formats.md, section "Log".' })
  }
}

/** A text is no verifier key or no signing key of notes. */
export class NoteKeyError extends TallyError {
  override readonly code = 'NOTE_KEY'
  /** @param detail never quotes the key: it may be a secret one */
  constructor(detail: string) {
    super(`This is no key of signed notes: ${detail}.`, {
      hint: 'A verifier key is name+hash+base64, see docs/formats.md, section "Log".',
    })
  }
}

/** A key that is known stands under a note that it did not sign. */
export class NoteSignatureError extends TallyError {
  override readonly code = 'NOTE_SIGNATURE'
  constructor(facts: { key: string }) {
    super(`The signature of ${facts.key} is not over this note.`, {
      facts,
      hint: 'The note or its signature was altered. Fetch it again; if it stays so, keep it as evidence.',
    })
  }
}

/** Not one of the keys that were asked for has signed the note. */
export class NoteUnsignedError extends TallyError {
  override readonly code = 'NOTE_UNSIGNED'
  constructor(facts: { wanted: string; found: string }) {
    super(`The note is not signed by ${facts.wanted}; it bears the names ${facts.found}.`, {
      facts,
      hint: 'Check that key and note belong to the same log.',
    })
  }
}
