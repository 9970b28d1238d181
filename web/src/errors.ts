import { type ErrorFacts, TallyError } from '../../schemas/errors.ts'

/** The report's data contradicts its own type: the program that gathered it is wrong, so no page is made. */
export class ReportDataError extends TallyError {
  override readonly code = 'REPORT_DATA'
  constructor(message: string, facts: ErrorFacts) {
    super(message, {
      facts,
      retriable: false,
      hint: 'The page was not made. Correct the program that gathers the data of the report.',
    })
  }
}
