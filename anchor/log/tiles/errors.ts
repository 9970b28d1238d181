import { TallyError } from '../../../schemas/errors.ts'

/** A tile that the tree must have is not there. */
export class TileMissingError extends TallyError {
  override readonly code = 'TILE_MISSING'
  constructor(facts: { path: string }) {
    super(`${facts.path} is not there.`, {
      facts,
      hint: 'The log serves it for as long as it serves a checkpoint of this size; `tally log tiles` writes it again.',
    })
  }
}

/** A tile or an entry bundle is not as long as its path says, or holds no entries. */
export class TileFormatError extends TallyError {
  override readonly code = 'TILE_FORMAT'
  constructor(facts: { path: string; expected: string; found: string }) {
    super(`${facts.path}: expected ${facts.expected}, found ${facts.found}.`, {
      facts,
      hint: 'The file was cut or is no tile. Fetch it again, or write it again with `tally log tiles`.',
    })
  }
}

/** Two files of a log contradict each other, or the checkpoint. */
export class TileMismatchError extends TallyError {
  override readonly code = 'TILE_MISMATCH'
  constructor(facts: { path: string; index: number; against: string }) {
    super(`${facts.path} is not the tree of ${facts.against}: hash ${facts.index} differs.`, {
      facts,
      hint: 'One of the two was altered.',
    })
  }
}
