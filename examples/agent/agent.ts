import { randomBytes } from 'node:crypto'
import {
  contribute,
  type OutgoingRecord,
  recordInference,
  recordStep,
  type TypedDataSigner,
  voucher,
} from '../../client/src/index.ts'
import { fromHex, toHex } from '../../schemas/ids.ts'
import { RUN_BYTES } from '../../schemas/limits.ts'
import { batchOf, type Recalled, recall, retrievedOf } from './recall.ts'
import { type AgentState, loadAgentState, saveAgentState } from './state-file.ts'

/** A model that the agent pays for each answer. */
export interface PaidModel {
  /** Asset of kind model. */
  readonly name: string
  /** Asset of kind infrastructure that serves it. */
  readonly infrastructure: string
  /** Of one answer, in the token's smallest unit. */
  readonly fee: bigint
  /** @param recalled what the agent remembers of questions like it, the most alike first */
  answer(question: string, recalled: readonly Recalled[]): Promise<string>
}

export interface AgentOptions {
  /** `ledgerId` of the ledger: 32 bytes. */
  readonly ledgerId: Uint8Array
  /** The agent's own account: it owns the agent and its memory, and pays the model. */
  readonly signer: TypedDataSigner
  /** Its registered source, permitted VoucherPresented, InferenceRecorded, AgentStep and ContributionBatch. */
  readonly source: string
  /** Asset of kind agent. */
  readonly agent: string
  readonly model: PaidModel
  /** ERC-20 in which it pays and is paid. */
  readonly token: string
  /** Dataset that the agent's account owns: what it learns is contributed there, and what it remembers is retrieved from there. */
  readonly memory: { readonly dataset: string; readonly licence: string }
  /** How much more than it needs a voucher promises the model. */
  readonly ahead: bigint
  /** Where it keeps what it has to remember. */
  readonly folder: string
  /** Resolves when the records are durable: `sendRecords` of the client, or a producer. */
  send(records: readonly OutgoingRecord[]): Promise<unknown>
}

/** What a customer wants done. */
export interface Task {
  /** Unique; the same task is done once. */
  readonly id: string
  readonly question: string
  /** Who pays for it, by which of their vouchers for the model, and how much. */
  readonly customer: { readonly payer: string; readonly voucher: bigint; readonly fee: bigint }
}

/** An agent that answers questions with a model it pays, and can be killed at any moment. */
export class ExampleAgent {
  readonly #options: AgentOptions
  #state: AgentState

  private constructor(options: AgentOptions, state: AgentState) {
    this.#options = options
    this.#state = state
  }

  /** Goes on where the last one in the folder has ended: what that one may not have sent is sent again. */
  static async open(options: AgentOptions): Promise<ExampleAgent> {
    const state = (await loadAgentState(options.folder)) ?? {
      ...{ run: toHex(randomBytes(RUN_BYTES)), taken: undefined, promised: { cumulative: 0n, sequence: 0n } },
      ...{ spent: 0n, answers: {}, memories: [], outbox: [] },
    }
    const agent = new ExampleAgent(options, state)
    await agent.#flush()
    return agent
  }

  /**
   * Answers a question and records all of it: what it paid the model, what the customer pays for the answer and what it remembered
   * for it, its two steps, and what it learned.
   *
   * 1. The answer, the steps and the records are kept, durably. Killed before: nothing happened, the task is done anew.
   * 2. The records are sent. Killed before or in between: the next start sends the same bytes again, and each counts once.
   */
  async work(task: Task): Promise<string> {
    const known = this.#state.answers[task.id]
    if (known !== undefined) return known
    const recalled = recall(task.question, this.#state.memories)
    const answer = await this.#options.model.answer(task.question, recalled)
    await this.#keep(await this.#record(task, answer, recalled))
    await this.#flush()
    return answer
  }

  async #record({ id, question, customer }: Task, answer: string, recalled: readonly Recalled[]): Promise<AgentState> {
    const { agent, source, signer, token, model, memory, ledgerId } = this.#options
    const { name, infrastructure, fee } = model
    const [input, output] = [Buffer.from(question), Buffer.from(answer)]
    const paying = await this.#promise(fee)
    const base = { source, model: name, infrastructure, token, input, output }
    const asked = recordInference({
      ...{ ...base, id: `${id}/asked`, payer: signer.address, fee, voucher: paying.promised.sequence },
    })
    const delivered = recordInference({
      ...{ ...base, id: `${id}/delivered`, agent, payer: customer.payer },
      ...{ fee: customer.fee, voucher: customer.voucher },
      // The answer was made from these: the memory is paid for it as the ledger's policy says.
      retrieved: retrievedOf(recalled, source),
    })
    const step = { ledgerId, signer, source, agent, run: fromHex(this.#state.run), input, output }
    const { taken } = this.#state
    const first = await recordStep({
      ...{ ...step, ...(taken && { after: taken }), cost: { token, amount: fee } },
      used: { model: name, inference: { source, id: asked.id } },
    })
    const second = await recordStep({
      ...{ ...step, after: first.taken, used: { model: name, inference: { source, id: delivered.id } } },
    })
    const payload = Buffer.from(JSON.stringify({ question, answer }))
    const learned = await contribute({
      ...{ ...memory, ledgerId, signer, source, id: batchOf(id), items: [{ payload, label: id }] },
    })
    return {
      ...this.#state,
      ...{ taken: second.taken, promised: paying.promised, spent: this.#state.spent + fee },
      answers: { ...this.#state.answers, [id]: answer },
      memories: [...this.#state.memories, { task: id, question, answer }],
      outbox: [...paying.records, ...[asked, delivered, first, second, learned].map(({ record }) => record)],
    }
  }

  /** A voucher when what is promised does not cover the fee. */
  async #promise(fee: bigint): Promise<Pick<AgentState, 'promised'> & { readonly records: readonly OutgoingRecord[] }> {
    const { ledgerId, signer, source, model, token, ahead } = this.#options
    const { promised, spent } = this.#state
    const missing = spent + fee - promised.cumulative
    if (missing <= 0n) return { promised, records: [] }
    const next = await voucher({
      ...{ ledgerId, signer, source, token, model: model.name, amount: missing + ahead, after: promised },
    })
    return { promised: next.promised, records: [next.record] }
  }

  async #flush(): Promise<void> {
    const { outbox } = this.#state
    if (outbox.length === 0) return
    await this.#options.send(outbox)
    await this.#keep({ ...this.#state, outbox: [] })
  }

  async #keep(state: AgentState): Promise<void> {
    await saveAgentState(this.#options.folder, state)
    this.#state = state
  }
}
