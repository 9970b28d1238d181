import type { Manifest } from '../../../anchor/manifest.ts'
import type { AuditReport } from '../../../audit/index.ts'
import { SOURCES } from '../../../examples/digits/demo/names.ts'
import type { Answer } from '../../../examples/speeches/demo/answers.ts'
import type { Author } from '../../../examples/speeches/demo/authors.ts'
import { loadManifest } from '../../../jobs/publish/build-manifest.ts'
import { type Explanation, explain } from '../../../jobs/statement/explain.ts'
import { type TextEvidence, textEvidence } from '../../../jobs/statement/text-evidence.ts'
import { FolderPayloadStore } from '../../../pipelines/payload-store.ts'
import type { Address } from '../../../schemas/ids.ts'
import type { TextPlay } from './text-play.ts'

const ANSWERS_SHOWN = 3
const SPANS_SHOWN = 8

export interface TextAccount {
  readonly account: Address
  readonly name: string
  readonly role: Author['role']
  /** Texts that count, and those that are copies of earlier ones. */
  readonly accepted: number
  readonly duplicates: number
  readonly earned: bigint
  readonly claimed: bigint
}

export interface ShownAnswer {
  readonly answer: Answer
  readonly explanation: Explanation
  readonly evidence: TextEvidence
}

/** Everything that the text demo shows, gathered once. */
export interface TextResult {
  readonly manifests: readonly Manifest[]
  readonly accounts: readonly TextAccount[]
  readonly answers: readonly ShownAnswer[]
  readonly audit: AuditReport
}

export async function gatherTexts(
  play: TextPlay,
  epochs: number,
  claimed: ReadonlyMap<Address, bigint>,
  audit: AuditReport,
): Promise<TextResult> {
  const { warehouse } = await play.session.ledger()
  const manifests: Manifest[] = []
  for (let epoch = 1; epoch <= epochs; epoch++) manifests.push(await loadManifest(warehouse, epoch))
  const totals = await warehouse.all<{ account: Address; cumulative: bigint }>(
    'SELECT account, cumulative FROM account_total WHERE epoch = $epochs',
    { epochs },
  )
  const earned = new Map(totals.map(({ account, cumulative }) => [account, cumulative]))
  const accounts = play.authors.map(({ address, name, role, speeches }): TextAccount => {
    const copies = role === 'copier' ? speeches.length : 0
    const sums = { earned: earned.get(address) ?? 0n, claimed: claimed.get(address) ?? 0n }
    return { account: address, name, role, accepted: speeches.length - copies, duplicates: copies, ...sums }
  })
  const payloads = new FolderPayloadStore(play.session.directory.payloads)
  const answers: ShownAnswer[] = []
  for (const answer of play.answers.slice(0, ANSWERS_SHOWN)) {
    const [explanation] = await explain(warehouse, [answer.id], SPANS_SHOWN)
    const asked = { source: SOURCES.gateway, id: answer.id, payloads, top: SPANS_SHOWN }
    answers.push({ answer, explanation: explanation!, evidence: (await textEvidence(warehouse, asked))! })
  }
  return { manifests, accounts, answers, audit }
}
