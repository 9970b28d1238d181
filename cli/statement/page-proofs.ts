import type { Receipt } from '../../anchor/verify/receipt.ts'
import type { StatementDocument } from '../../jobs/statement/carried-receipts.ts'
import type { EpochProof, Landed } from '../../jobs/statement/proofs.ts'
import type { WholeStatement } from '../../jobs/statement/whole-statement.ts'
import { Html, html, when } from '../../web/src/markup.ts'
import { epochProofId, lineProofId, payoutProofId, provenAmount, type Tokens } from './page-numbers.ts'
import { section } from './page-tables.ts'

/** How each number of the page is proven. */
export function howToVerify(statement: StatementDocument, tokens: Tokens): Html {
  return section(
    'verify',
    'How to verify',
    html`<p>You do not have to believe this page. A <em>receipt</em> is the same told to a machine: it proves your lines, their sum and what was
paid, up to a fingerprint (the <em>manifest hash</em>) that stands on the chain, where nobody can change it unseen.</p>
${carried(statement)}
<h3 id="proof-records">Everything that comes from records</h3>
<p>Shares, uses, fees and influence are computed from the ledger’s records. Whoever has the published bundles computes all of it again, with another
program, and compares:</p>
<pre tabindex="0"><code>tally audit BUNDLES --rpc URL</code></pre>
<h3>Epoch by epoch</h3>
<p>BUNDLES is the folder with the published epochs, URL a node of chain ${statement.ledger.chainId}. The place is that of a line among your lines of the epoch and
token; the leaf is its fingerprint in their tree.</p>
<div class="epochs">${statement.proofs.map((proof) => epochProof(proof, statement, tokens))}</div>`,
  )
}

/** Receipts as files to be saved. */
function carried({ receipts }: StatementDocument): Html {
  if (receipts.length === 0)
    return html`<p class="note">This page carries no receipt: the commands below make one. <code>tally statement ACCOUNT --format html --with-receipts</code>
makes a page that does.</p>`
  return html`<p>This page carries its own proof. Save it, then check it:</p>
<ul class="receipts">${receipts.map((receipt) => {
    const name = receiptName(receipt)
    return html`<li><a download="${name}" href="${dataLink(receipt)}">${name}</a>: epoch ${receipt.manifest.epoch}, token <code>${receipt.token}</code>
<pre tabindex="0"><code>tally verify ${name} --rpc URL</code></pre></li>`
  })}</ul>`
}

function receiptName({ account, token, manifest }: Receipt): string {
  return `receipt-${account.slice(2, 10)}-${token.slice(2, 10)}-epoch-${manifest.epoch}.json`
}

/** Not through `html`, whose limit is for text: base64 needs no escaping. */
function dataLink(receipt: Receipt): Html {
  return new Html(`data:application/json;base64,${Buffer.from(JSON.stringify(receipt)).toString('base64')}`)
}

function epochProof(proof: EpochProof, { account, epochs }: WholeStatement, tokens: Tokens): Html {
  const { epoch, state, manifestHash, payoutRoot, ledgerRoot, proposed, finalized } = proof
  const told = epochs.find((each) => each.epoch === epoch)
  const fact = (label: string, value: string | null) =>
    html`<div><dt>${label}</dt><dd>${value === null ? 'not yet' : html`<code>${value}</code>`}</dd></div>`
  return html`<article class="epoch" id="${epochProofId(epoch)}"><h4>Epoch ${epoch}</h4><p>${STATES[state] ?? state}</p>
<dl>${fact('Manifest hash', manifestHash)}${fact('Payout root', payoutRoot)}${fact('Ledger root', ledgerRoot)}
${landedFact('Put on the chain by', proposed)}${landedFact('Made final by', finalized)}</dl>
${(told?.payouts ?? []).map(
  ({
    token,
  }) => html`<div id="${payoutProofId(epoch, tokens.letter(token))}"><p>What became of ${tokens.name(token)}, and its lines:</p>
<pre tabindex="0"><code>tally receipt ${account} --epoch ${epoch} --token ${token} --out receipt.json &amp;&amp; tally verify receipt.json --rpc URL</code></pre>
<ul class="lines">${(told?.lines ?? [])
    .filter((line) => line.token === token)
    .map(
      ({
        kind,
        asset,
        index,
        leaf,
      }) => html`<li id="${lineProofId(epoch, tokens.letter(token), index)}">${kind}:<bdi>${asset}</bdi>, place
${index}, leaf <code>${leaf}</code></li>`,
    )}</ul></div>`,
)}</article>`
}

const STATES: Readonly<Record<string, string>> = {
  settled: 'Settled; not published yet, so that nobody else can check it.',
  published: 'Published; not on the chain yet.',
  proposed: 'On the chain, and not final yet: it can still be vetoed.',
  finalized: 'On the chain, and final.',
}

function landedFact(label: string, landed: Landed | null): Html {
  return when(
    landed !== null,
    () => html`<div><dt>${label}</dt><dd>transaction <code>${landed!.hash}</code>, block ${landed!.block}</dd></div>`,
  )
}

/** What can be claimed, and how. */
export function howToClaim({ account, claimable, ledger, range }: WholeStatement, tokens: Tokens): Html {
  const contract = html`contract <code>${ledger.distributor}</code>, chain ${ledger.chainId}`
  if (claimable.length === 0)
    return section(
      'claim',
      'How to claim',
      html`<p class="empty">Nothing can be claimed yet: no epoch that pays this account is final (${contract}).</p>`,
    )
  const proofOf = (epoch: number) => (epoch === range?.to ? epochProofId(epoch) : 'verify')
  return section(
    'claim',
    'How to claim',
    html`<p>To <em>claim</em> is to have the contract pay what you earned. Anybody may send the claim; the contract (${contract}) pays your account and
nobody else.</p>
<pre tabindex="0"><code>tally claim ${account}</code></pre>
<ul>${claimable.map(
      ({
        token,
        epoch,
        cumulative,
        claimedHere,
      }) => html`<li>${provenAmount(cumulative, proofOf(epoch))} ${tokens.name(token)} in all, up to epoch ${epoch}, the newest that
is final; a claim pays what of it was not claimed before. ${
        claimedHere === null
          ? 'No claim was sent from this data folder; somebody else may have sent one.'
          : html`A claim up to epoch ${claimedHere.epoch} was sent from this data folder: <code>${claimedHere.hash}</code>.`
      }</li>`,
    )}</ul>
<p class="note">What was claimed is known to the contract alone: ask it for <code>claimed(account, token)</code>.</p>`,
  )
}
