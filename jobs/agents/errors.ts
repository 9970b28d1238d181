import { TallyError } from '../../schemas/errors.ts'

export class NoAgentError extends TallyError {
  override readonly code = 'NO_AGENT'
  constructor(facts: { agent: string }) {
    super(`No agent ${JSON.stringify(facts.agent)} is registered in a closed epoch.`, {
      facts,
      hint: 'An agent is an asset of kind agent (AssetRegistered). `tally statement ACCOUNT` lists what an account owns.',
    })
  }
}
