import { accountOf } from './cast.ts'
import { hashOf, Records, SOURCES } from './records.ts'

const AGENT = 'reader-bot'
const byAgent = (records: Records, id: string, fee = 1n, body = {}) =>
  records.inference(id, fee, { body: { agent: AGENT, ...body } })

/** Good records of what agents did, which those of {@link rejectedOutcomes} rest on. */
export function goodOutcomes(records: Records) {
  return [
    records.asset(AGENT, 'agent', { alice: 999_999, bob: 1 }),
    byAgent(records, 'work-1'),
    byAgent(records, 'work-2'),
    byAgent(records, 'work-3'),
    byAgent(records, 'work-free', 0n),
    byAgent(records, 'work-reported', 1n, { voucher: 0n }),
    // Whether the money is there is not asked here: nobody deposited so much.
    byAgent(records, 'work-unfunded', 1n << 90n),
    records.rating('payer', 'work-1', 1_000),
    records.rating('payer', 'work-unfunded', 0),
    ...records.steps(AGENT, 'alice', 'run-1', 3),
    records.step(AGENT, 'bob', { run: 'run-2', step: 0 }, { body: { model: 'second-reader' } }),
    records.step(AGENT, 'bob', { run: 'run-3', step: 0 }, { body: useOf('work-1') }),
  ]
}

function useOf(inferenceId: string, model = 'reader') {
  return { model, inferenceSource: SOURCES.gateway, inferenceId }
}

/** For each reason of what agents did, records that have it. OUTCOME_TOO_LATE needs an epoch before: test/jobs/outcomes.test.ts. */
export function rejectedOutcomes(records: Records) {
  const behind = (step: number) => ({ run: 'run-1', step: step + 1, previous: records.stepHash('run-1', step) })
  const next = behind(2)
  const again = { id: 'step taken again' }
  return {
    AGENT_UNKNOWN: { 'a rating of a use without an agent': records.rating('payer', 'use-1', 1) },
    NOT_THE_PAYER: {
      'a rating by a stranger': records.rating('stranger', 'work-2', 1),
      'a rating by the agent itself': records.rating('alice', 'work-2', 1),
      'a rating of what is rated, by a stranger': records.rating('stranger', 'work-1', 1),
    },
    INFERENCE_UNPAID: {
      'a rating of what cost nothing': records.rating('payer', 'work-free', 1),
      'a rating of a use without a voucher': records.rating('payer', 'work-reported', 1),
    },
    OUTCOME_EXISTS: {
      'a second rating': records.rating('payer', 'work-1', 999),
      'the same rating under another id': records.rating('payer', 'work-1', 1_000, { id: 'rated again' }),
    },
    STEP_EXISTS: {
      'a first step of a run that has begun': records.step(AGENT, 'alice', { run: 'run-1', step: 0 }, again),
      'another second step': records.step(AGENT, 'alice', behind(0), again),
      'another last step': records.step(AGENT, 'bob', behind(1), again),
    },
    STEP_MISMATCH: {
      'a step after nothing': records.step(AGENT, 'alice', { run: 'run-9', step: 1 }),
      'a first step with a step before it': records.step(AGENT, 'alice', { ...next, run: 'run-9', step: 0 }),
      'a step that leaves one out': records.step(AGENT, 'alice', { ...next, step: 4 }),
      'a step behind another one': records.step(AGENT, 'alice', { ...next, previous: records.stepHash('run-1', 1) }),
      'a step behind a step of another run': records.step(AGENT, 'alice', { ...next, run: 'run-9' }),
      'a step behind one that nobody took': records.step(AGENT, 'alice', { ...next, previous: hashOf('nothing') }),
    },
  }
}

/** Reasons that other records have, too. */
export function outcomesRejectedLikeOthers(records: Records) {
  const next = { run: 'run-9', step: 0 }
  return {
    ASSET_UNKNOWN: {
      'a step of no agent': records.step('nobody', 'alice', next),
      'a step of a model': records.step('reader', 'modeller', next),
      'a step with no model': records.step(AGENT, 'alice', next, { body: { model: 'nothing' } }),
      'a step with a dataset': records.step(AGENT, 'alice', next, { body: { model: 'digits' } }),
    },
    REGISTRANT_NOT_OWNER: {
      'a step of an agent of others': records.step(AGENT, 'stranger', next),
    },
    SIGNATURE_INVALID: {
      'a rating that the payer did not sign': records.rating('payer', 'work-2', 1, { by: 'stranger' }),
      'a rating for another ledger': new Records(new Uint8Array(32)).rating('payer', 'work-2', 1),
      'a step that another owner signed': records.step(AGENT, 'alice', next, { by: 'bob' }),
      'a step for another ledger': new Records(new Uint8Array(32)).step(AGENT, 'alice', next),
    },
    INFERENCE_UNKNOWN: {
      'a rating of no use': records.rating('payer', 'work-9', 1),
      'a rating of a use of another source': records.rating('payer', 'work-2', 1, {
        body: { inferenceSource: SOURCES.portal },
      }),
      'a rating of what is no use': records.rating('payer', 'batch-carol', 1, {
        body: { inferenceSource: SOURCES.portal },
      }),
      'a step with no use': records.step(AGENT, 'alice', next, { body: useOf('work-9') }),
      'a step with a use of another model': records.step(AGENT, 'alice', next, {
        body: useOf('work-2', 'third-reader'),
      }),
    },
    TYPE_NOT_PERMITTED: {
      'a portal that rates': records.rating('payer', 'work-2', 1, { source: SOURCES.portal }),
      'a portal that reports steps': records.step(AGENT, 'alice', next, { source: SOURCES.portal }),
    },
  }
}

/** For reasons of ingest: out of range, and signed by nobody, since no type of EIP-712 holds most of it. */
export function outOfRangeOutcomes(records: Records) {
  const signature = new Uint8Array(65)
  const rating = (body: object) => records.rating('payer', 'work-1', 1, { body: { signature, ...body } })
  const step = (body: object) =>
    records.step(AGENT, 'alice', { run: 'run-1', step: 0 }, { body: { signature, ...body } })
  return {
    AMOUNT_NEGATIVE: { 'a step of a cost below 0': step({ cost: -1n }) },
    AMOUNT_TOO_LARGE: { 'a step that costs 2^96': step({ cost: 1n << 96n }) },
    FIELD_INVALID: {
      'a score of 1,001': rating({ score: 1_001 }),
      'a score below 0': rating({ score: -1 }),
      'a rating of no name': rating({ inferenceId: '' }),
      'a rating by 19 bytes': rating({ rater: accountOf('payer').subarray(1) }),
      'a run of 15 bytes': step({ run: new Uint8Array(15) }),
      'a step below 0': step({ step: -1 }),
      'a use of no model': step(useOf('work-1', '')),
      'a use without a source': step({ ...useOf('work-1'), inferenceSource: '' }),
      'a wait for ratings of 101 epochs': records.policy({ policy: 'patient', outcomeWaitEpochs: 101 }),
    },
  }
}
