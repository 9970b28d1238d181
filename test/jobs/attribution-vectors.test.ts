import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Kernels } from '../../jobs/attribution/kernel/kernels.ts'
import { openKernels } from '../../jobs/attribution/kernel/open-kernels.ts'
import { plainKernels } from '../../jobs/attribution/kernel/plain.ts'
import type { PeriodResult } from '../../jobs/attribution/method.ts'
import { METHODS } from '../../jobs/attribution/methods.ts'
import type { PeriodEvents } from '../../jobs/attribution/rows.ts'
import { apportion } from '../../jobs/settlement/apportion.ts'
import { type AttributionCase, attributionCases, listText, periodOf, sha256 } from '../support/attribution-vectors.ts'

const fileOf = (method: string) => method.replaceAll(/[/@]/g, '-')

/** All that a period comes to, as the vectors write it. */
function outputsOf(each: AttributionCase, events: PeriodEvents, result: PeriodResult) {
  const { scores, values, sumPositive, denominator, next, v, x } = result
  const pool = BigInt(each.outputs.pool!)
  const weights = [...scores.map((score) => (score > 0n ? score : 0n)), denominator - sumPositive]
  return {
    dBar: String(result.dBar),
    dBarFixed: next === null ? null : String(next.dBarFixed),
    dBarNext: next === null ? null : String(next.dBar),
    denominator: String(denominator),
    effectiveEvents: String(result.effectiveEvents),
    exponent: result.exponent,
    feeShift: each.outputs.feeShift,
    feesScaled: String(events.fees.reduce((sum, fee) => sum + BigInt(fee), 0n)),
    lambda: String(result.lambda),
    lambdaRetries: result.lambdaRetries,
    parts: next === null ? null : listText(each, apportion(pool, weights)),
    pool: String(pool),
    scores: listText(each, scores),
    sumPositive: String(sumPositive),
    vErrorNano: String(result.vErrorNano),
    vExponent: result.vExponent,
    vHash: sha256(bytesOf(v, 4, (view, at, value) => view.setInt32(at, value))),
    values: listText(each, [...values]),
    xHash: sha256(bytesOf(x, 8, (view, at, value) => view.setFloat64(at, value))),
  }
}

function bytesOf(
  values: Int32Array | Float64Array,
  width: number,
  set: (view: DataView, at: number, value: number) => void,
): Uint8Array {
  const view = new DataView(new ArrayBuffer(width * values.length))
  for (const [index, value] of values.entries()) set(view, width * index, value)
  return new Uint8Array(view.buffer)
}

describe.each(METHODS.map((method) => [method.name, method] as const))('golden vectors of %s', (name, method) => {
  const { method: named, cases } = attributionCases(fileOf(name))
  let kernels: Kernels
  beforeAll(async () => {
    kernels = await openKernels({ threads: 1 })
  })
  afterAll(() => kernels?.close())

  test('are of this method', () => {
    expect(named).toBe(name)
    expect(cases.length).toBeGreaterThan(0)
  })

  test.each(cases.map((each) => [each.name, each] as const))('%s, by both kernels', async (_, each) => {
    const { items, events } = periodOf(each)
    const { accounts, dataParts, minEvents } = each
    const dBarFixed = each.dBarFixed === null ? null : BigInt(each.dBarFixed)
    for (const engine of [kernels, plainKernels]) {
      const input = { accounts, items, events, dataParts, minEvents, dBarFixed, kernels: engine }
      expect(outputsOf(each, events, (await method.attribute(input))!)).toEqual(each.outputs)
    }
  })
})
