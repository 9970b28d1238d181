import { counted, writeCount } from './counting.ts'
import { type Html, html, recordText } from './markup.ts'
import type { ReportData, ReportEpoch } from './report-data.ts'

/** Section four: what was checked, what had to be trusted, and how the reader does it again. */
export function howToCheck(data: ReportData): Html {
  return html`<section id="check" aria-labelledby="check-title">
<h2 id="check-title">How to check this yourself</h2>
<p>You do not have to believe this page. Everything on it was computed from records, and anybody who has the records
gets the same amounts, to the last digit.</p>
${verdict(data)}
<div class="two">
${auditChecks(data)}
${trusted(data)}
</div>
<h3>Commands</h3>
${data.commands.length === 0 ? html`<p class="none">No command was given with this page.</p>` : commands(data)}
<h3>Fingerprints</h3>
${data.epochs.length === 0 ? noFingerprints() : fingerprints(data)}
</section>`
}

export type AuditState = 'passed' | 'failed' | 'not-run'

/** An audit that checked nothing has not passed, whatever it says. */
export function auditState({ audit }: ReportData): AuditState {
  if (!audit.ok) return 'failed'
  return audit.checks.length === 0 ? 'not-run' : 'passed'
}

function verdict(data: ReportData): Html {
  const state = auditState(data)
  if (state === 'passed')
    return html`<p class="result passed"><strong>The audit passed.</strong> A second program, written apart from the
first, did the sums again and found the same.</p>`
  if (state === 'failed')
    return html`<p class="result failed"><strong>The audit did not pass.</strong> Do not rely on the amounts of this
page until the difference is explained.</p>`
  return html`<p class="result"><strong>No audit has been run yet.</strong> The commands below run one.</p>`
}

function auditChecks({ audit }: ReportData): Html {
  return html`<div><h3>What the audit checked</h3>
${audit.checks.length === 0 ? html`<p class="none">Nothing was checked.</p>` : ''}
<ul class="checks${audit.ok ? ' passed' : ''}">${audit.checks.map(
    ({ name, detail }) => html`<li><strong>${recordText(name, 120)}</strong><br>${recordText(detail, 600)}</li>`,
  )}</ul></div>`
}

function trusted({ audit }: ReportData): Html {
  return html`<div><h3>What had to be trusted</h3>
${audit.trusted.length === 0 ? html`<p class="none">The audit names nothing that it had to take on trust.</p>` : ''}
<ul class="checks">${audit.trusted.map((what) => html`<li>${recordText(what, 600)}</li>`)}</ul></div>`
}

function commands(data: ReportData): Html {
  return html`<ol class="commands">${data.commands.map(
    ({ command, does }) =>
      html`<li><p>${recordText(does, 600)}</p><pre tabindex="0"><code>${recordText(command)}</code></pre></li>`,
  )}</ol>`
}

function noFingerprints(): Html {
  return html`<p class="empty">No period has been closed yet, so there is no fingerprint to compare.</p>`
}

function fingerprints({ epochs }: ReportData): Html {
  return html`<details class="explain"><summary>What is a root, and why does it matter?</summary>
<p>A root is a fingerprint of a whole list. Change, add or remove one entry and it becomes another. It is written on a
chain, where it cannot be changed unseen.
So two people who compute the same root have seen the same list. The <em>ledger root</em> stands for every record that
came in, with what became of it; the <em>payout root</em> for
what each account is owed; the <em>manifest</em> names the rules and programs that led from the one to the
other.</p></details>
<div class="epochs">${epochs.map(epochCard)}</div>`
}

function epochCard(epoch: ReportEpoch): Html {
  const hash = (label: string, value: string) =>
    html`<div><dt>${label}</dt><dd><code>${recordText(value, 140)}</code></dd></div>`
  return html`<article class="epoch"><h4>Epoch ${epoch.epoch}</h4>
<p>${counted(epoch.records, 'record')}: ${writeCount(epoch.accepted)} accepted, ${writeCount(epoch.duplicate)}
duplicate, ${writeCount(epoch.rejected)} rejected.
${counted(epoch.events, 'paid answer')}.</p>
<dl>${hash('Ledger root', epoch.ledgerRoot)}
${hash('Records in the ledger so far', epoch.treeSize)}
${hash('Payout root', epoch.payoutRoot)}${hash('Manifest', epoch.manifestHash)}</dl>
</article>`
}
