import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { type Dispute, endDisputes, holdForDisputes } from '../../audit/held-disputes.ts'

const page = readFileSync(new URL('../../docs/policies.md', import.meta.url), 'utf8')

const DECISIONS: Readonly<Record<string, { readonly upheld: boolean; readonly awardParts: number } | undefined>> = {
  'upheld, a fifth of it awarded': { upheld: true, awardParts: 200_000 },
  rejected: { upheld: false, awardParts: 0 },
  'none in time': undefined,
}

/** The first number of a cell, of two the second, too: `300, and Ben's 10`. */
function numbersOf(cell: string): bigint[] {
  return (cell.match(/\d+/g) ?? []).map(BigInt)
}

test('the page says what becomes of 300 that are held for a bond of 10, however it is decided', () => {
  const rows = page
    .split('\n')
    .map((text) => text.split('|').map((cell) => cell.trim()))
    .filter(([, decision]) => decision !== undefined && Object.hasOwn(DECISIONS, decision))
  expect(rows).toHaveLength(3)
  for (const [, decision, ana, ben, nobody] of rows) {
    const dispute: Dispute = {
      ...{ dispute: 'd', source: 's', id: 'i', opener: 'ben', account: 'ana', token: 't', kind: 'data', asset: 'm' },
      ...{
        lineEpoch: 4,
        claim: 'other',
        epoch: 5,
        until: 7,
        bond: 10n,
        wanted: 500n,
        held: 0n,
        award: 0n,
        status: 'open',
      },
    }
    const books = { disputes: [dispute], disputable: new Map(), forfeited: new Map(), adjustedLines: new Map() }
    const lines300 = [{ account: 'ana', token: 't', amount: 300n }]
    expect(holdForDisputes(books.disputes, new Map(), lines300, new Map()).get('anat')).toBe(300n)
    const resolution = DECISIONS[decision!]
    const body = { dispute: 'd', reason: '', signature: new Uint8Array(65) }
    const resolutions = new Map(resolution === undefined ? [] : [['d', { ...body, ...resolution }]])
    const balances = new Map<string, bigint>()
    const { lines, unattributed } = endDisputes(books, 7, [], resolutions, balances)
    const paid = (account: string) =>
      lines.filter((line) => line.account === account && line.amount > 0n).map((line) => line.amount)
    const bond = balances.get('bent') === undefined ? [] : [balances.get('bent')!]
    // "0 of the 300", "60, and his 10 again": what is paid stands first.
    expect(ana!.startsWith('0') ? [] : numbersOf(ana!)).toEqual(paid('ana'))
    expect(numbersOf(ben!).filter((amount) => amount > 0n)).toEqual([...paid('ben'), ...bond])
    expect(BigInt(nobody!)).toBe(unattributed.get('t') ?? 0n)
  }
})
