import type { StatementEpoch, StatementLine, StatementPayout } from '../../jobs/statement/epochs.ts'
import type { HeldSum } from '../../jobs/statement/held.ts'
import type { Claimable } from '../../jobs/statement/proofs.ts'
import type { TokenSplit } from '../../jobs/statement/split.ts'
import type { AssetUses } from '../../jobs/statement/uses.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { formatParts, formatPercent, paint } from '../output.ts'
import { printDispute } from '../print-dispute.ts'
import {
  ATOMS,
  bucketWords,
  countedAs,
  erasedRecordsText,
  INFLUENCE,
  INTERVAL,
  isLineKind,
  lineWords,
  listed,
  movementWords,
  nothingOf,
  nothingWords,
  poolName,
  roleWords,
  rowWords,
} from './words.ts'

const MILLION = 1_000_000

/** Takes a line. */
type Say = (line: string) => void

/** A statement as lines of text. Amounts are in the token's smallest unit. */
export function printStatement(statement: WholeStatement, say: Say): void {
  const { account, range, ledger } = statement
  say(paint.bold(`Statement of ${account}`))
  say(
    `${range === null ? 'No epoch is settled yet.' : `Epochs ${range.from} to ${range.to}.`} Ledger ${ledger.name}, ${ledger.ledgerId}`,
  )
  say(paint.dim(ATOMS))
  say(
    `${statement.contributions} contributions, ${statement.duplicates} of them copies of what was there before (they earn nothing); ${statement.near} are near one that was there before.`,
  )
  printErased(say, statement.erased)
  printOwned(say, statement.owns)
  printUses(say, statement.uses)
  for (const epoch of statement.epochs) printEpoch(say, epoch)
  printNothing(say, statement.nothing)
  printTotals(say, statement)
  printHeld(say, statement.held)
  for (const split of statement.split) printSplit(say, split)
  printWhy(say, statement)
  if (statement.disputes.length > 0) say('\nDisputes')
  for (const dispute of statement.disputes) printDispute(dispute, say)
  if (statement.paying !== null) printPaying(say, statement.paying)
  printHowTo(say, statement)
}

function printOwned(say: Say, owns: WholeStatement['owns']): void {
  if (owns.length > 0) say('\nOwns')
  for (const { asset, kind, identity, access, parts, history, paid, outside } of owns) {
    const since = history.map((each) => `${formatParts(each.parts)} since epoch ${each.epoch}`).join(', ')
    const named = identity === '' ? '' : `, says it is ${identity}`
    const licensed = access === 'licensed' ? ', licensed' : ''
    say(`  ${formatParts(parts)} of ${asset} (${kind}${licensed}${named}): ${since}`)
    for (const each of paid) say(`    earned ${each.amount} of ${each.token} for ${lineWords(each.kind).short}`)
    for (const { token, held, released, refunded } of outside)
      say(
        `    uses outside its licences: ${held} of ${token} held, ${released} released by later licences, ${refunded} given back`,
      )
  }
}

function printUses(say: Say, uses: readonly AssetUses[]): void {
  if (uses.length > 0) say('\nHow often it was used (paid uses, and all that was paid for them)')
  for (const { epoch, asset, role, token, uses: count, fees } of uses)
    say(`  epoch ${epoch}  ${asset}: ${count} uses for ${fees} of ${token}; ${roleWords(role).short}`)
}

function printEpoch(say: Say, { epoch, state, lines, payouts }: StatementEpoch): void {
  say(`\nEpoch ${epoch} (${state})`)
  for (const payout of payouts) {
    const own = lines.filter(({ token }) => token === payout.token)
    printPayout(say, payout, own)
  }
}

/** Row by row, so that they sum to what was paid. */
function printPayout(
  say: Say,
  { token, rows, paid, small, minimum }: StatementPayout,
  lines: readonly StatementLine[],
): void {
  const width = Math.max(...[...rows.map(({ amount }) => amount), paid].map((amount) => digits(amount).length))
  for (const { kind, asset, amount, line } of rows) {
    const of = asset === null || asset === '' ? '' : ` (${asset})`
    const told = line === null ? '' : lineText(lines.find(({ index }) => index === line)!)
    say(`  ${signed(amount, width)} of ${token} ${rowText(kind)}${of}${told}`)
  }
  const carried = small === 0n ? '' : `; what is carried is below the minimum of ${minimum}`
  say(`  = ${digits(paid).padStart(width)} of ${token} paid${carried}`)
}

function rowText(kind: string): string {
  const { short } = rowWords(kind)
  return isLineKind(kind) ? `for ${short}` : short
}

function lineText({ share, heldBack }: StatementLine): string {
  const sure =
    share === null
      ? ''
      : ` – ${formatPercent(share.value)} of what contributors earned (90 % interval ${formatPercent(share.low)} to ${formatPercent(share.high)})`
  return `${sure}${heldBack === 0n ? '' : `; ${heldBack} more are held back`}`
}

/** The sign, and the digits in a column. */
function signed(amount: bigint, width = 0): string {
  return `${amount < 0n ? '-' : '+'} ${digits(amount).padStart(width)}`
}

function digits(amount: bigint): string {
  return String(amount < 0n ? -amount : amount)
}

function printTotals(say: Say, { totals, claims, findings, paidByKind }: WholeStatement): void {
  for (const { token, cumulative, small } of totals) {
    say(`\nTogether ${cumulative} of ${token}, since the first epoch.`)
    if (small > 0n)
      say(`  ${small} more are owed and kept for you: they are paid with the first epoch that reaches the minimum.`)
  }
  for (const { token, model, amount } of claims) {
    const of = model === '' ? '' : ` (${model})`
    say(
      amount > 0n
        ? `  Adjustments: ${amount} of ${token}${of} are owed to you, and paid as far as money for it comes in.`
        : `  Adjustments: you were paid ${-amount} of ${token}${of} too much; it is netted from what you earn.`,
    )
  }
  for (const { adjustment, forEpoch, kind, asset, token, delta } of findings) {
    const of = `${lineWords(kind).short}${asset === '' ? '' : ` (${asset})`} in epoch ${forEpoch}`
    say(
      `  ${adjustment} found ${delta > 0n ? `${delta} of ${token} too little` : `${-delta} of ${token} too much`}: ${of}`,
    )
  }
  if (paidByKind.length > 0) say('\nEarned in these epochs, before anything is deducted or carried')
  for (const { kind, token, amount } of paidByKind) say(`  ${amount} of ${token} for ${lineWords(kind).short}`)
}

function printNothing(say: Say, all: WholeStatement['nothing']): void {
  if (all.length > 0) say('\nWhy there is nothing')
  for (const { of, reason, asset, token, count, amount } of all) {
    const { short, long } = nothingWords(reason)
    const what = nothingOf(of, asset)
    const facts = [
      ...(count === null || count === 0 ? [] : [`${count} ${countedAs(of, reason)}`]),
      ...(amount === null || amount === 0n ? [] : [`${amount}${token === null ? '' : ` of ${token}`}`]),
    ]
    say(`  ${what}: ${short}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}. ${long}`)
  }
}

function printErased(say: Say, erased: WholeStatement['erased']): void {
  if (erased.length > 0) say('\nErased by order')
  for (const { batchId, dataset, indexes, orderedIn, records } of erased)
    say(
      `  ${indexes.length} of ${batchId} in ${dataset} (${listed(indexes)}), ordered in epoch ${orderedIn}; ${erasedRecordsText(records)}`,
    )
}

function printHeld(say: Say, held: readonly HeldSum[]): void {
  if (held.length > 0) say('\nHeld, and may come to you')
  for (const { bucket, asset, token, since, until, amount, yours, ofYours } of held) {
    const { short } = bucketWords(bucket)
    const when = [since === null ? '' : ` since epoch ${since}`, until === null ? '' : ` until epoch ${until}`].join('')
    const whose =
      yours !== null
        ? ''
        : ofYours === null
          ? '; how much of it is yours is not known before it is divided'
          : `; ${ofYours} of it from your share, and it returns to all contributors`
    say(`  ${amount} of ${token}${asset === null ? '' : ` (${asset})`}${when}: ${short}${whose}`)
  }
}

function printSplit(say: Say, { token, uses, fees, pools, apart }: TokenSplit): void {
  say(`\nWho got what of the fees that you had a part in: ${uses} uses, ${fees} of ${token}`)
  for (const { kind, asset, fromFees, before, yours, others, held, unattributed } of pools) {
    const rest = [
      ...(before > 0n ? [`with ${before} from before`] : []),
      `you ${yours}, others ${others}`,
      ...(held > 0n ? [`held for later ${held}`] : []),
      ...(unattributed > 0n ? [`nobody's ${unattributed}`] : []),
    ]
    say(`  ${fromFees}  ${poolName(kind, asset)}: ${rest.join(', ')}`)
  }
  for (const { kind, asset, amount } of apart)
    say(`  Beside these fees you earned ${amount} for ${lineWords(kind).short} (${asset})`)
}

function printWhy(say: Say, { evidence, helped, hurt, epochs }: WholeStatement): void {
  if (evidence.length > 0) say('\nNear contributions before them, the most similar')
  for (const { batchId, index, of, similarity, measure } of evidence)
    say(`  ${batchId}/${index}  ${formatPercent(similarity / MILLION)} as ${of.batchId}/${of.index} by ${measure}`)
  printItems(say, 'Most helpful (influence, not payment)', helped)
  printItems(say, 'Most harmful (influence, not payment)', hurt)
  if (helped.length + hurt.length > 0) say(paint.dim(`Influence, not payment: ${INFLUENCE}`))
  if (epochs.some(({ lines }) => lines.some(({ share }) => share !== null))) say(paint.dim(INTERVAL))
}

function printItems(say: Say, title: string, items: WholeStatement['helped']): void {
  if (items.length === 0) return
  say(`\n${title}`)
  for (const item of items) say(`  ${item.batchId}/${item.index}  ${item.value}`)
}

function printPaying(say: Say, paying: NonNullable<WholeStatement['paying']>): void {
  const { channels, held, uses } = paying
  say('\nPaying')
  printBalances(say, paying)
  for (const { model, token, cumulative, spent, sequence } of channels)
    say(`  ${model}: signed for ${cumulative} of ${token} (last voucher ${sequence}), ${spent} of it taken`)
  for (const { model, token, uses: count, funded, outside, refunded, unfunded, reported } of uses) {
    say(
      `  ${model}: ${count} uses; ${funded} of ${token} paid, ${unfunded} unfunded (signed for, not deposited), ${reported} only reported (not signed for)`,
    )
    if (outside + refunded > 0n)
      say(`  ${model}: outside its licences ${outside} of ${token} held, ${refunded} given back`)
  }
  for (const { epoch, model, token, fees, until } of held)
    say(
      `  ${model}: ${fees} of ${token} of epoch ${epoch} is held, because no licence covers the uses; without one it is yours again after epoch ${until}`,
    )
}

/** What came in and went out, over all epochs, and what is left. */
function printBalances(say: Say, { balances, movements }: NonNullable<WholeStatement['paying']>): void {
  const tokens = [...new Set([...movements, ...balances].map(({ token }) => token))].sort()
  for (const token of tokens) {
    const sums = new Map<string, bigint>()
    for (const { kind, asset, amount } of movements.filter((each) => each.token === token)) {
      const what = `${movementWords(kind).short}${asset === '' ? '' : ` (${asset})`}`
      sums.set(what, (sums.get(what) ?? 0n) + amount)
    }
    const balance = balances.find((each) => each.token === token)?.amount ?? 0n
    const width = Math.max(...[...sums.values(), balance].map((amount) => digits(amount).length))
    for (const [what, amount] of sums) say(`  ${signed(amount, width)} of ${token} ${what}`)
    say(`  = ${digits(balance).padStart(width)} of ${token} on your balance`)
  }
}

function printHowTo(say: Say, { account, claimable, proofs, ledger }: WholeStatement): void {
  say(`\nCheck it: tally receipt ${account} --out receipt.json && tally verify receipt.json`)
  for (const { epoch, manifestHash, proposed } of proofs.filter((proof) => proof.manifestHash !== null))
    say(
      `  epoch ${epoch}: manifest ${manifestHash}${proposed === null ? ', not on the chain by this ledger' : `, on the chain by ${proposed.hash} in block ${proposed.block}`}`,
    )
  if (claimable.length === 0) say('Nothing can be claimed yet: no epoch that pays this account is final.')
  else say(`Claim it: tally claim ${account} (contract ${ledger.distributor}, chain ${ledger.chainId})`)
  for (const each of claimable) printClaimable(say, each)
}

function printClaimable(say: Say, { token, epoch, cumulative, claimedHere }: Claimable): void {
  const known =
    claimedHere === null
      ? 'No claim was sent from this data folder; somebody else may have claimed.'
      : `Claimed from this data folder up to epoch ${claimedHere.epoch} (${claimedHere.hash}).`
  say(`  ${cumulative} of ${token} up to epoch ${epoch}, less what was claimed before. ${known}`)
}
