import type { StatementEpoch, StatementPayout } from '../../jobs/statement/epochs.ts'
import type { HeldSum } from '../../jobs/statement/held.ts'
import type { Claimable } from '../../jobs/statement/proofs.ts'
import type { TokenSplit } from '../../jobs/statement/split.ts'
import type { AssetUses } from '../../jobs/statement/uses.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { formatParts, formatPercent, paint } from '../output.ts'
import { printDispute } from '../print-dispute.ts'
import { ATOMS, bucketWords, deductionWords, INFLUENCE, INTERVAL, lineWords, poolName, roleWords } from './words.ts'

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
  printOwned(say, statement.owns)
  printUses(say, statement.uses)
  for (const epoch of statement.epochs) printEpoch(say, epoch)
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
  for (const line of lines) {
    const share =
      line.share === null
        ? ''
        : ` – ${formatPercent(line.share.value)} of what contributors earned (90 % interval ${formatPercent(line.share.low)} to ${formatPercent(line.share.high)})`
    const held = line.heldBack === 0n ? '' : `; ${line.heldBack} more are held back`
    say(`  ${line.amount} of ${line.token} for ${lineWords(line.kind).short} (${line.asset})${share}${held}`)
  }
  for (const payout of payouts) printPayout(say, payout)
}

/** Only what is not simply earned and paid. */
function printPayout(say: Say, { token, smallBefore, deducted, paid, small, minimum }: StatementPayout): void {
  for (const { deduction, amount } of deducted) say(`  less ${amount} of ${token}, ${deductionWords(deduction).short}`)
  if (smallBefore > 0n && paid > 0n) say(`  ${smallBefore} of ${token} carried from earlier epochs, paid now`)
  if (small > 0n)
    say(
      `  carried: ${small} of ${token}${smallBefore > 0n ? `, with ${smallBefore} from earlier epochs,` : ''} below the minimum of ${minimum}`,
    )
}

function printTotals(say: Say, { totals, claims, paidByKind }: WholeStatement): void {
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
  for (const { kind, token, amount } of paidByKind) say(`  ${amount} of ${token} for ${lineWords(kind).short}`)
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

function printPaying(say: Say, { balances, channels, held, uses }: NonNullable<WholeStatement['paying']>): void {
  say('\nPaying')
  for (const { token, amount } of balances) say(`  ${amount} of ${token} deposited and not taken`)
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
