import type { SplitPool, TokenSplit } from '../../jobs/statement/split.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { counted } from '../../web/src/counting.ts'
import { type Html, html, recordText } from '../../web/src/markup.ts'
import { formatPercent } from '../output.ts'
import { provenAmount, type Tokens } from './page-numbers.ts'
import { drawnPools, splitPicture } from './page-picture.ts'
import { section, table } from './page-tables.ts'
import { lineWords, poolName } from './words.ts'

const WIDE = 720
const NARROW = 340

/** The split in one picture, and the same as a table. */
export function split({ split: all }: WholeStatement, tokens: Tokens): Html {
  if (all.length === 0)
    return section('split', 'The split in one picture', html`<p class="empty">No fee that you had a part in.</p>`)
  return section(
    'split',
    'The split in one picture',
    html`<p>Of the fees of everything that you were paid for: which pools they were divided into, and who got what. Widths are in
proportion, numbers are exact. A pool of contributors, or one that agents share, may hold something from before, or for later.</p>
${all.map((each) => pictured(each, tokens))}
<p class="note" id="proof-split">How to check: the pools are the policy’s parts of the fees, rule 3 of docs/formats.md#settlement; your part of
each is the sum of your lines above, and each pool adds up. The audit divides all fees again: <a href="#proof-records">how</a>.</p>`,
  )
}

function pictured(one: TokenSplit, tokens: Tokens): Html {
  const { token, uses, fees, pools, apart } = one
  const letter = tokens.letter(token)
  const yours = pools.reduce((sum, pool) => sum + pool.yours, 0n)
  const part =
    fees === 0n ? '' : `, ${formatPercent(Number((yours * 1_000_000n) / fees) / 1_000_000)} as much as the fees`
  const beside = apart.map(
    ({ kind, asset, amount }) => html`<p>Beside these fees: ${provenAmount(amount, 'earned')} ${tokens.name(token)} for
${lineWords(kind).short} (${recordText(asset, 80)}).</p>`,
  )
  if (pools.length === 0) return html`${beside}`
  return html`<figure class="flow split">${splitPicture(one, WIDE, `split-${letter}-wide`)}
${splitPicture(one, NARROW, `split-${letter}-narrow`)}
<figcaption>${counted(uses, 'paid use')} for ${provenAmount(fees, 'proof-split')} ${tokens.name(token)}. You:
${provenAmount(yours, 'proof-split')}${part}.</figcaption></figure>
${poolTable(one, tokens)}${beside}`
}

function poolTable({ token, pools }: TokenSplit, tokens: Tokens): Html {
  const tones = new Map(drawnPools(pools).map(({ label, tone }) => [label, tone]))
  const heads = [
    ...[{ name: 'Pool' }, { name: 'From the fees', isNumber: true }, { name: 'From before', isNumber: true }],
    ...[
      { name: 'You', isNumber: true },
      { name: 'Others', isNumber: true },
    ],
    ...[
      { name: 'Held for later', isNumber: true },
      { name: 'Nobody', isNumber: true },
    ],
  ]
  return html`<p>In ${tokens.name(token)}:</p>${table(
    `The split of token ${tokens.letter(token)}`,
    heads,
    pools.map((pool) => poolRow(pool, tones.get(poolName(pool.kind, pool.asset)))),
  )}`
}

function poolRow(
  { kind, asset, fromFees, before, yours, others, held, unattributed }: SplitPool,
  tone: number | undefined,
): Html {
  const cell = (amount: bigint) => html`<td class="number">${provenAmount(amount, 'proof-split')}</td>`
  return html`<tr><th scope="row"><span class="swatch swatch-${tone ?? 7}" aria-hidden="true"></span> ${recordText(poolName(kind, asset), 120)}</th>
<td class="number">${provenAmount(fromFees, 'proof-split')}</td>${cell(before)}
<td class="number">${provenAmount(yours, 'earned')}</td>${[others, held, unattributed].map(cell)}</tr>`
}
