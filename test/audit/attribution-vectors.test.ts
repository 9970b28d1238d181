import { describe, expect, test } from '@jest/globals'
import { apportion } from '../../audit/apportion.ts'
import { attributePeriod } from '../../audit/attribution/attribute.ts'
import { CurvatureSum } from '../../audit/attribution/curvature.ts'
import { encodeFloat64, encodeInt32 } from '../../audit/attribution/encode.ts'
import { feeShiftOf } from '../../audit/attribution/fees.ts'
import type { Contribution, PeriodEvent, Shape } from '../../audit/attribution/period.ts'
import { valuesOf } from '../../audit/re-extract/item-values.ts'
import type { FeatureRows } from '../../jobs/attribution/rows.ts'
import { type AttributionCase, attributionCases, listText, periodOf, sha256 } from '../support/attribution-vectors.ts'

const addressOf = (account: number) => `0x${account.toString(16).padStart(40, '0')}`

function rowOf(rows: FeatureRows, row: number) {
  const vector = rows.factors.slice(row * rows.rank, (row + 1) * rows.rank)
  if (rows.kind === 'dense') return { vector, p: [], label: 0 }
  const p = [...rows.probabilities.slice(row * rows.classes, (row + 1) * rows.classes)]
  return { vector, p, label: rows.labels[row]! }
}

function inputOf(each: AttributionCase) {
  const { items, events, fees } = periodOf(each)
  const contributions = Array.from({ length: items.rows.count }, (_, index): Contribution => {
    const { vector: a, p, label } = rowOf(items.rows, index)
    const account = addressOf(items.account[index]!)
    const isWithdrawn = items.withdrawn[index] === 1
    const ua = items.rows.multipliers[index]!
    const place = { priority: 0, batchRank: 0, index, near: [] }
    return { account, fingerprint: String(index), ...place, isWithdrawn, a, ua, p, label }
  })
  const periodEvents = Array.from({ length: events.rows.count }, (_, index): PeriodEvent => {
    const { vector: b, p, label } = rowOf(events.rows, index)
    const isPayerOwner = events.own[index] === 1
    const ub = events.rows.multipliers[index]!
    return { fee: fees[index]!, isPayerOwner, b, ub, p, label, p16: events.p16[index]! }
  })
  return { contributions, events: periodEvents, fees }
}

describe.each(['influence-factored-2', 'influence-dense-1'])(
  'the auditor’s attribution, golden vectors of %s',
  (file) => {
    const { cases } = attributionCases(file)
    test.each(cases.map((each) => [each.name, each] as const))('%s', (_, each) => {
      const { contributions, events, fees } = inputOf(each)
      const shape: Shape = { kind: each.kind, rank: each.rank, classes: each.classes }
      const dBarFixed = each.dBarFixed === null ? null : BigInt(each.dBarFixed)
      const pool = BigInt(each.outputs.pool!)
      const { dataParts, minEvents } = each
      const curvature = new CurvatureSum(shape)
      const rule = { dataParts, minEvents, dBarFixed, pool }
      const { solved, payment, accounts, effectiveEvents } = attributePeriod({
        ...{ shape, curvature, contributions, events },
        ...rule,
      })
      const { lambda, lambdaRetries, exponent, vExponent, dBar, sumPositive, denominator, v, x, vErrorNano } = solved!
      const scores = accounts.map(({ s }) => s)
      const weights = [...scores.map((score) => (score > 0n ? score : 0n)), denominator - sumPositive]
      expect({
        ...{ exponent, vExponent, lambdaRetries, feeShift: feeShiftOf(fees), feesScaled: each.outputs.feesScaled },
        ...{ lambda: String(lambda), dBar: String(dBar), vErrorNano: String(vErrorNano), pool: String(pool) },
        ...{
          effectiveEvents: String(effectiveEvents),
          sumPositive: String(sumPositive),
          denominator: String(denominator),
        },
        dBarFixed: payment === undefined ? null : String(payment.dBarFixed),
        dBarNext: payment === undefined ? null : String(payment.dBarNext),
        parts: payment === undefined ? null : listText(each, apportion(pool, weights)),
        scores: listText(each, scores),
        values: listText(
          each,
          valuesOf(contributions, shape, v).map(({ value }) => value),
        ),
        vHash: sha256(encodeInt32(v)),
        xHash: sha256(encodeFloat64(x)),
      }).toEqual(each.outputs)
      if (payment !== undefined) {
        const pays = [...accounts.map(({ pay }) => pay), payment.left]
        expect(listText(each, pays)).toBe(each.outputs.parts)
      }
    })
  },
)
