import { TallyError } from '../schemas/errors.ts'

/** There is no bundle at the path. */
export class BundleNotFoundError extends TallyError {
  override readonly code = 'BUNDLE_NOT_FOUND'
  constructor(facts: { path: string; found: string }) {
    super(`There is no bundle at ${facts.path}: ${facts.found}.`, {
      facts,
      hint: 'Name a folder that has a manifest.json, or a folder that holds folders epoch-000001, epoch-000002, ….',
    })
  }
}

/** The machine, not the bundle, kept a file from being read. */
export class BundleUnreadableError extends TallyError {
  override readonly code = 'BUNDLE_UNREADABLE'
  constructor(facts: { path: string; cause: string }, cause: unknown) {
    super(`${facts.path} cannot be read: ${facts.cause}.`, {
      facts,
      retriable: true,
      cause,
      hint: 'Check the permissions and the disk, then audit again.',
    })
  }
}

/** The audit was to begin with an epoch that the bundle does not have. */
export class EpochNotGivenError extends TallyError {
  override readonly code = 'EPOCH_NOT_GIVEN'
  constructor(facts: { from: number; last: number }) {
    super(`The audit was to begin with epoch ${facts.from}, and the last one given is ${facts.last}.`, {
      facts,
      hint: 'Name an epoch that is there, or leave out --from to recompute all of them.',
    })
  }
}
