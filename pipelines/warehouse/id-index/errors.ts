import { TallyError } from '../../../schemas/errors.ts'

export class IdIndexCorruptError extends TallyError {
  override readonly code = 'ID_INDEX_CORRUPT'
  constructor(facts: { path: string; what: string }) {
    super(`The id index is damaged: ${facts.path}: ${facts.what}.`, {
      facts,
      hint: 'Nothing was decided with it and nothing was changed. Check the disk, then delete that folder: the next close builds it again from the warehouse.',
    })
  }
}
