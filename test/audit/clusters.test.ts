import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { clusterContributions } from '../../audit/attribution/clusters.ts'
import type { Contribution } from '../../audit/attribution/period.ts'
import { runs } from '../support/random-runs.ts'

type Draft = { readonly content: number; readonly near: readonly number[]; readonly hasFeatures: boolean }

/** Priority of each batch; those that are not there have their own. */
type Priorities = readonly (number | undefined)[]

const priorityOf = (priorities: Priorities, n: number) => priorities[Math.floor(n / 3)] ?? Math.floor(n / 3)

/** Contribution n is item n mod 3 of batch n div 3. */
function contributionsOf(drafts: readonly Draft[], priorities: Priorities): Contribution[] {
  const place = (n: number) => ({ batchRank: Math.floor(n / 3), index: n % 3 })
  return drafts.flatMap(({ content, near, hasFeatures }, n) =>
    hasFeatures
      ? [
          {
            ...{ account: `0x${n}`, fingerprint: `content ${content}`, isWithdrawn: false, near: near.map(place) },
            ...{
              ...place(n),
              priority: priorityOf(priorities, n),
              a: new Int8Array(1),
              ua: 1,
              p: [500, 500],
              label: 0,
            },
          },
        ]
      : [],
  )
}

/** The rule as it is said, pair by pair: contents by their first contribution, joined when features of either side say so. */
function itemsBySpecification(drafts: readonly Draft[], priorities: Priorities): number[] {
  const isThere = (n: number) => drafts[n]?.hasFeatures === true
  const contents = new Map<number, number[]>()
  const inOrder = [...drafts.keys()].sort((n, m) => priorityOf(priorities, n) - priorityOf(priorities, m) || n - m)
  for (const n of inOrder) {
    const { content } = drafts[n]!
    if (isThere(n)) contents.set(content, [...(contents.get(content) ?? []), n])
  }
  const isNear = (one: readonly number[], other: readonly number[]) =>
    one.some((n) => drafts[n]!.near.some((m) => other.includes(m)))
  const representatives: number[][] = []
  for (const members of contents.values())
    if (!representatives.some((earlier) => isNear(members, earlier) || isNear(earlier, members)))
      representatives.push(members)
  return representatives.map(([first]) => first!).sort((a, b) => a - b)
}

const drafts = fc.array(
  fc.record({
    content: fc.nat({ max: 12 }),
    near: fc.array(fc.nat({ max: 25 }), { maxLength: 3 }),
    hasFeatures: fc.constantFrom(true, true, true, false),
  }),
  { maxLength: 25 },
)

/** Several batches may reveal one commitment. */
const priorities = fc.array(fc.option(fc.nat({ max: 8 }), { nil: undefined }), { maxLength: 9 })

describe('star clusters of the audit', () => {
  test('are those of the specification, in whatever order contributions are given', () => {
    const parameters = runs(300)
    fc.assert(
      fc.property(drafts, priorities, fc.boolean(), (all, first, isReversed) => {
        const contributions = contributionsOf(all, first)
        const accounts = clusterContributions(isReversed ? contributions.reverse() : contributions)
        const items = accounts.filter(({ kept }) => kept.length > 0).map(({ account }) => Number(account.slice(2)))
        expect(items.sort((a, b) => a - b)).toEqual(itemsBySpecification(all, first))
        expect(accounts.reduce((sum, { kept, duplicates }) => sum + kept.length + duplicates, 0)).toBe(
          contributions.length,
        )
      }),
      parameters,
    )
  })
})
