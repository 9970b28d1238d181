import type { ReportData } from '../../../web/src/index.ts'
import { sampleReport } from './sample-report.ts'

/** Texts that break pages which do not escape, or that make their neighbours read wrongly. */
export const HOSTILE_TEXTS = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '` onfocus=alert(1) autofocus `',
  '</style><script>alert(1)</script>',
  '</title></svg><svg onload=alert(1)>',
  '<!--',
  ']]>',
  '&lt;script&gt;&#60;&quot;',
  'javascript:alert(1)',
  'https://example.org/track.png',
  'مرحبا بالعالم',
  'שלום \u202eevil\u202c txt.exe',
  '\u2066\u2067\u202d',
  '\u0000\u0007\u001b[31m\u009b',
  '\ud800 alone \udfff',
  'x'.repeat(200_000),
  '𝔘'.repeat(5_000),
  '',
  ' ',
] as const

const SAMPLE = sampleReport()

/**
 * The sample report with every free text replaced: same shape, same numbers. Pictures and roles stay, since what is drawn
 * depends on them; so does whether an answer equals its label.
 */
export function withTexts(next: () => string): ReportData {
  const report = SAMPLE
  const item = <T extends { label: string }>(one: T): T => ({ ...one, label: next() })
  return {
    ...report,
    title: next(),
    seed: next(),
    token: { ...report.token, symbol: next(), address: next() },
    epochs: report.epochs.map((epoch) => {
      return { ...epoch, ledgerRoot: next(), payoutRoot: next(), manifestHash: next(), treeSize: next() }
    }),
    flow: { ...report.flow, pools: report.flow.pools.map((pool) => ({ ...pool, label: next() })) },
    accounts: report.accounts.map((account) => ({
      ...account,
      account: next(),
      name: next(),
      why: next(),
      helped: account.helped.map(item),
      hurt: account.hurt.map(item),
    })),
    others: report.others.map((other) => ({ ...other, name: next(), account: next() })),
    inferences: report.inferences.map((inference) => ({
      ...inference,
      id: next(),
      answer: next(),
      label: next(),
      split: inference.split.map((part) => ({ ...part, name: next() })),
      influential: inference.influential.map((one) => ({ ...item(one), name: next() })),
    })),
    audit: {
      ok: true,
      checks: report.audit.checks.map(() => ({ name: next(), detail: next() })),
      trusted: report.audit.trusted.map(() => next()),
    },
    commands: report.commands.map(() => ({ command: next(), does: next() })),
  }
}
