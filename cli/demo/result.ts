import { basename } from 'node:path'
import type { Manifest } from '../../anchor/manifest.ts'
import { manifestHash } from '../../anchor/manifest.ts'
import type { AuditReport } from '../../audit/index.ts'
import type { Contributor } from '../../examples/digits/demo/cast.ts'
import { MODEL, POLICY } from '../../examples/digits/demo/names.ts'
import type { Question } from '../../examples/digits/demo/questions.ts'
import type { Retrained } from '../../examples/digits/demo/retrain.ts'
import { pngDataUri } from '../../examples/digits/draw.ts'
import { loadManifest } from '../../jobs/publish/build-manifest.ts'
import { type Explanation, explain } from '../../jobs/statement/explain.ts'
import { type OwnedAsset, ownedBy } from '../../jobs/statement/owned.ts'
import { type StatementItem, statementOf } from '../../jobs/statement/statement.ts'
import type { Address } from '../../schemas/ids.ts'
import type { ReportAccount, ReportData, ReportInference, ReportItem } from '../../web/src/report-data.ts'
import { formatParts, formatPercent } from '../output.ts'
import type { Play } from './play.ts'

export const TOKEN = { symbol: 'tUSD', decimals: 6 } as const
const INFLUENTIAL_SHOWN = 8

export interface AccountResult {
  readonly account: Address
  readonly name: string
  readonly role: Contributor['role']
  readonly accepted: number
  readonly duplicates: number
  /** Found to be near another one, not equal to it. */
  readonly near: number
  readonly share: { readonly low: number; readonly value: number; readonly high: number }
  readonly earned: bigint
  readonly claimed: bigint
  readonly helped: readonly StatementItem[]
  readonly hurt: readonly StatementItem[]
}

/** Everything that the demo shows, gathered once. */
export interface DemoResult {
  readonly manifests: readonly Manifest[]
  readonly accounts: readonly AccountResult[]
  readonly explanations: readonly { readonly question: Question; readonly explanation: Explanation }[]
  readonly claimed: ReadonlyMap<Address, bigint>
  readonly earned: ReadonlyMap<Address, bigint>
  /** What those own who are paid for that. */
  readonly owned: ReadonlyMap<Address, readonly OwnedAsset[]>
  readonly audit: AuditReport
  /** Null: not done, or no digit was left to judge by. */
  readonly retrained: Retrained | null
}

export async function gather(
  play: Play,
  epochs: number,
  claimed: ReadonlyMap<Address, bigint>,
  audit: AuditReport,
): Promise<DemoResult> {
  const { warehouse } = await play.session.ledger()
  const manifests: Manifest[] = []
  for (let epoch = 1; epoch <= epochs; epoch++) manifests.push(await loadManifest(warehouse, epoch))
  const totals = await warehouse.all<{ account: Address; cumulative: bigint }>(
    'SELECT account, cumulative FROM account_total WHERE epoch = $epochs',
    { epochs },
  )
  const earned = new Map(totals.map(({ account, cumulative }) => [account, cumulative]))
  const accounts: AccountResult[] = []
  for (const contributor of play.cast.contributors)
    accounts.push(await accountResult(play, contributor, earned, claimed))
  const owned = new Map<Address, readonly OwnedAsset[]>()
  for (const { address } of othersOf(play)) owned.set(address, (await ownedBy(warehouse, address)).owns)
  const shown = questionsToShow(play.questions)
  const explanations = await explain(
    warehouse,
    shown.map(({ id }) => id),
    INFLUENTIAL_SHOWN,
  )
  return {
    manifests,
    accounts,
    explanations: shown.map((question, index) => ({ question, explanation: explanations[index]! })),
    claimed,
    earned,
    owned,
    audit,
    retrained: null,
  }
}

/** Who is paid from the fees beside the contributors. */
function othersOf({ cast }: Play) {
  return [cast.modelLab, cast.gatewayOwner, cast.treasury]
}

async function accountResult(
  play: Play,
  contributor: Contributor,
  earned: ReadonlyMap<Address, bigint>,
  claimed: ReadonlyMap<Address, bigint>,
): Promise<AccountResult> {
  const { warehouse } = await play.session.ledger()
  const { address: account, name, role } = contributor
  const statement = await statementOf(warehouse, account)
  const score = await warehouse.one<{ share_low: number | null; share: number | null; share_high: number | null }>(
    'SELECT share_low, share, share_high FROM score WHERE account = $account AND model = $model ORDER BY epoch DESC LIMIT 1',
    { account, model: MODEL },
  )
  return {
    account,
    name,
    role,
    accepted: statement.contributions - statement.duplicates,
    duplicates: statement.duplicates,
    near: statement.near,
    share: { low: score?.share_low ?? 0, value: score?.share ?? 0, high: score?.share_high ?? 0 },
    earned: earned.get(account) ?? 0n,
    claimed: claimed.get(account) ?? 0n,
    helped: statement.helped,
    hurt: statement.hurt,
  }
}

/** A person's own digit first if there is one; a right answer, a wrong one, and one more right one of another digit. */
function questionsToShow(questions: readonly Question[]): Question[] {
  const shown = questions.filter((question) => question.label === undefined).slice(0, 1)
  const right = questions.find((question) => question.answer === question.label)
  const wrong = questions.find((question) => question.label !== undefined && question.answer !== question.label)
  const other = questions.find((question) => question.answer === question.label && question.answer !== right?.answer)
  for (const question of [right, wrong, other]) if (question !== undefined && shown.length < 3) shown.push(question)
  return shown
}

/** The picture of a contributed digit, and what its owner said it was. */
export function contributedDigit(
  play: Play,
  batchId: string,
  index: number,
): { image: Uint8Array; label: string; name: string } {
  const batch = play.batches.find(({ id }) => id === batchId)!
  const { payload, label } = batch.payloads[index]!
  return { image: payload, label, name: batch.contributor.name }
}

/** The document of `--json`. */
export function toJsonDocument(result: DemoResult, seed: string, seconds: number) {
  return {
    seed,
    seconds,
    epochs: result.manifests.map(({ epoch, tree, payout }) => ({
      epoch,
      ledgerRoot: tree.root,
      payoutRoot: payout.root,
      treeSize: Number(tree.size),
    })),
    accounts: result.accounts.map(({ account, role, accepted, duplicates, near, share, earned, claimed }) => ({
      account,
      role,
      accepted,
      duplicates,
      near,
      share: share.value,
      earned: earned.toString(),
      claimed: claimed.toString(),
    })),
    retrained: result.retrained,
    audit: { ok: result.audit.ok },
  }
}

/** What the HTML report shows. */
export function toReportData(play: Play, result: DemoResult, seed: string): ReportData {
  const { cast, session } = play
  const sum = (kind: string) => result.manifests.reduce((total, manifest) => total + kindTotal(manifest, kind), 0n)
  const amountOf = (address: Address) => (result.earned.get(address) ?? 0n).toString()
  return {
    title: 'Who earned what, and why',
    seed,
    token: { ...TOKEN, address: play.token },
    epochs: result.manifests.map((manifest) => ({
      epoch: manifest.epoch,
      records: manifest.counts.accepted + manifest.counts.duplicate + manifest.counts.rejected,
      accepted: manifest.counts.accepted,
      duplicate: manifest.counts.duplicate,
      rejected: manifest.counts.rejected,
      events: manifest.periods.reduce((total, period) => total + period.events, 0),
      ledgerRoot: manifest.tree.root,
      payoutRoot: manifest.payout.root,
      manifestHash: manifestHash(manifest),
      treeSize: manifest.tree.size,
    })),
    flow: {
      fees: sum('fees').toString(),
      pools: [
        { kind: 'data', label: 'Contributors', amount: sum('data').toString() },
        { kind: 'model', label: `Model (${cast.modelLab.name})`, amount: amountOf(cast.modelLab.address) },
        {
          kind: 'infrastructure',
          label: `Infrastructure (${cast.gatewayOwner.name})`,
          amount: amountOf(cast.gatewayOwner.address),
        },
        { kind: 'treasury', label: `Treasury (${POLICY})`, amount: amountOf(cast.treasury.address) },
        ...[{ kind: 'held', label: 'Held or carried', amount: heldNow(result).toString() }].filter(
          ({ amount }) => amount !== '0',
        ),
      ],
    },
    accounts: result.accounts.map((account) => toReportAccount(play, account)),
    others: othersOf(play).map(({ name, address, role }) => ({
      ...{ name, account: address, role },
      owns: result.owned.get(address)!.map(({ parts, asset }) => `${formatParts(parts)} of ${asset}`),
      earned: amountOf(address),
      claimed: (result.claimed.get(address) ?? 0n).toString(),
    })),
    inferences: result.explanations.map(({ question, explanation }) => toReportInference(play, question, explanation)),
    audit: {
      ok: result.audit.ok,
      checks: result.audit.checked.map(({ name, detail, epoch }) => ({
        name: epoch === null ? name : `${name}, epoch ${epoch}`,
        detail,
      })),
      trusted: result.audit.trusted,
    },
    commands: checkCommands(basename(session.directory.root), result),
  }
}

function checkCommands(folder: string, result: DemoResult): ReportData['commands'] {
  const first = result.accounts.find(({ earned }) => earned > 0n)
  return [
    { command: `npx tally audit ${folder}/bundles`, does: 'recomputes everything from the records' },
    ...(first === undefined
      ? []
      : [
          {
            command: `npx tally receipt ${first.account} --data ${folder} --out receipt.json`,
            does: `writes the receipt of ${first.name}`,
          },
        ]),
    { command: 'npx tally verify receipt.json', does: 'checks a receipt with nothing but the file' },
  ]
}

function kindTotal(manifest: Manifest, kind: string): bigint {
  if (kind === 'fees') return manifest.conservation.reduce((sum, row) => sum + BigInt(row.funded), 0n)
  return manifest.periods.reduce((sum, period) => sum + BigInt(period.paid), 0n)
}

function heldNow(result: DemoResult): bigint {
  return result.manifests.at(-1)!.payout.totals.reduce((sum, row) => sum + BigInt(row.reserved), 0n)
}

function toReportAccount(play: Play, account: AccountResult): ReportAccount {
  const millionths = (fraction: number) => Math.round(fraction * 1_000_000)
  const item = (each: StatementItem): ReportItem => {
    const digit = contributedDigit(play, each.batchId, each.index)
    return { picture: pngDataUri(digit.image), label: digit.label, value: each.value.toString() }
  }
  return {
    account: account.account,
    name: account.name,
    role: account.role,
    accepted: account.accepted,
    duplicates: account.duplicates,
    share: {
      low: millionths(account.share.low),
      value: millionths(account.share.value),
      high: millionths(account.share.high),
    },
    earned: account.earned.toString(),
    claimed: account.claimed.toString(),
    helped: account.helped.map(item),
    hurt: account.hurt.map(item),
    why: whyOf(account),
  }
}

/** One plain sentence: why an account earned what it earned. */
function whyOf({ accepted, duplicates, near, earned, share }: AccountResult): string {
  if (accepted === 0 && duplicates > 0) {
    return `All ${duplicates} contributions were in the dataset before, ${duplicates - near} of them pixel for pixel and ${near} moved a little. The first to contribute a digit is paid for it; a copy earns nothing.`
  }
  if (earned === 0n)
    return 'Taken together, these contributions pulled paid answers away from the truth, so they earned nothing.'
  return `These contributions pulled paid answers towards the truth: ${formatPercent(share.value)} of all the good that contributions did.`
}

function toReportInference(play: Play, question: Question, explanation: Explanation): ReportInference {
  const names = new Map(play.cast.contributors.map(({ address, name }) => [address, name]))
  const parts = explanation.parts.filter(({ kind }) => kind !== 'data')
  const accounts = explanation.accounts.filter(({ apportioned }) => apportioned > 0n)
  return {
    id: question.id,
    picture: pngDataUri(question.image),
    answer: String(question.answer),
    label: question.label === undefined ? 'unknown' : String(question.label),
    fee: question.fee.toString(),
    split: [
      ...accounts.map(({ account, apportioned }) => ({
        name: names.get(account) ?? account,
        amount: apportioned.toString(),
      })),
      ...parts.map(({ kind, amount }) => ({ name: kind, amount: amount.toString() })),
    ],
    influential: explanation.items.map((item) => {
      const digit = contributedDigit(play, item.batchId, item.index)
      return {
        picture: pngDataUri(digit.image),
        label: digit.label,
        value: String(Math.round(item.influence * 1_000)),
        name: digit.name,
      }
    }),
  }
}
