import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { policyAt } from '../../jobs/policy/policies.ts'
import { policyDocument, readPolicy } from '../../jobs/policy/policy-file.ts'
import { GAS } from '../../jobs/policy/simulate/gas.ts'
import { type Simulation, simulatePolicy } from '../../jobs/policy/simulate/simulate.ts'
import { fromHex } from '../../schemas/ids.ts'
import { addressOf, TOKEN } from '../support/ledger/cast.ts'
import { uses } from '../support/ledger/contributions.ts'
import { randomOf } from '../support/ledger/random-features.ts'
import { RandomWorld } from '../support/ledger/random-world.ts'
import { runs } from '../support/random-runs.ts'

const EPOCHS = 4
const { seed } = runs(1)
let world: RandomWorld

/** A ledger of its own in which everything happens but a second policy; some uses are paid for sure. */
beforeAll(async () => {
  world = await RandomWorld.found(seed, {
    ...{ dataParts: 500_000, modelParts: 200_000, upstreamParts: 100_000, agentParts: 50_000 },
    ...{ infrastructureParts: 100_000, treasuryParts: 50_000, minEvents: 1, maxPeriodEpochs: 2, featureWaitEpochs: 1 },
    ...{ holdBackParts: 50_000, holdBackEpochs: 1, minimumPayouts: [{ token: fromHex(TOKEN), amount: 3_000n }] },
  })
  const { ledger } = world
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    const ids = [1, 2, 3, 4].map((index) => `sure-${epoch}-${index}`)
    const sure = uses(ledger.records, randomOf(epoch), ids, 10_001n, { shape: world.shape })
    await ledger.send(ledger.records.deposit('payer', 100_000n), ...sure)
    await world.runEpoch()
  }
})
afterAll(() => world.ledger.close())
const left = () => readdirSync(join(world.ledger.folder, 'simulations'))

async function inForce() {
  return (await policyAt(world.ledger.ledger.warehouse, 2)).policy.body
}

async function simulate(change: object, from = 1, to = EPOCHS): Promise<Simulation> {
  const policy = { ...(await inForce()), ...change }
  return simulatePolicy({ ledger: world.ledger.ledger, policy, from, to })
}

/** All rows of all tables, as text. */
async function everything(): Promise<string> {
  const { warehouse } = world.ledger.ledger
  const tables = await warehouse.all<{ name: string }>(
    'SELECT table_name AS name FROM duckdb_tables() WHERE NOT temporary',
  )
  const sums = []
  for (const { name } of tables)
    sums.push(await warehouse.one(`SELECT '${name}' AS name, count(*) AS rows, sum(hash(t)) AS hash FROM ${name} AS t`))
  return JSON.stringify(sums, (_, value) => (typeof value === 'bigint' ? `${value}` : value))
}

describe('tally policy simulate', () => {
  test.each([
    [1, EPOCHS],
    [2, EPOCHS],
    [3, 3],
  ])('under the policy that was in force, epochs %i to %i are the original to the atom', async (from, to) => {
    const { accounts, tokens } = await simulate({}, from, to)
    // Whether data was paid for is the random world's.
    const paid = await world.ledger.ledger.warehouse.one<{ lines: bigint }>(
      `SELECT count(*) AS lines FROM settlement_line WHERE kind = 'data' AND epoch BETWEEN $from AND $to`,
      { from, to },
    )
    expect(accounts.some(({ kind, before }) => kind === 'data' && before > 0n)).toBe(paid!.lines > 0n)
    for (const { delta } of accounts) expect(delta).toBe(0n)
    for (const { earned, places } of tokens)
      for (const { delta } of [earned, ...Object.values(places)]) expect(delta).toBe(0n)
  })

  test('changes nothing of the ledger, and leaves nothing behind', async () => {
    const before = await everything()
    await simulate({ treasuryParts: 150_000, modelParts: 100_000 })
    expect(await everything()).toBe(before)
    expect(left()).toEqual([])
  })

  test('what one gains others lose: every atom is somewhere, before and after', async () => {
    const { accounts, tokens } = await simulate({ dataParts: 300_000, treasuryParts: 250_000, minimumPayouts: [] })
    const treasury = accounts.find(({ kind, token }) => kind === 'treasury' && token === TOKEN)!
    expect(treasury.account).toBe(addressOf('treasury'))
    expect(treasury.delta).toBeGreaterThan(0n)
    for (const { token, earned, places } of tokens) {
      let sum = 0n
      for (const { delta } of Object.values(places)) sum += delta
      expect(sum).toBe(0n)
      const own = accounts.filter((each) => each.token === token)
      expect(own.reduce((all, { delta }) => all + delta, 0n)).toBe(earned.delta)
      expect(places.small.after).toBe(0n)
    }
    for (const [index, { delta }] of accounts.entries())
      if (index > 0) expect(delta).toBeLessThanOrEqual(accounts[index - 1]!.delta)
  })

  test('costs: gas by the figures that are measured, dust by the minimum, and a fee that breaks even', async () => {
    const prices = { gasPrice_wei: 10n ** 9n, etherPrice: 10n ** 18n, hourPrice: 0n }
    const policy = { ...(await inForce()), minimumPayouts: [{ token: fromHex(TOKEN), amount: 1n << 95n }] }
    const { costs, tokens } = await simulatePolicy({
      ...{ ledger: world.ledger.ledger, policy, from: 1, to: EPOCHS, prices },
    })
    const anchoring = BigInt(EPOCHS) * (GAS.propose + GAS.finalize)
    expect(costs.gas.anchoring).toBe(anchoring)
    const small = tokens.find(({ token }) => token === TOKEN)!.places.small.after
    expect(costs.dust.find(({ token }) => token === TOKEN)?.amount ?? 0n).toBe(small)
    // One atom buys one wei; the treasury has a twentieth of a fee.
    const needed = anchoring * 10n ** 9n * 20n
    expect(costs.breakEven.fee! * BigInt(costs.inferences)).toBeGreaterThanOrEqual(needed)
    expect((costs.breakEven.fee! - 1n) * BigInt(costs.inferences)).toBeLessThan(needed)
    expect(costs.breakEven.payout).toBe(GAS.firstClaim * 10n ** 9n)
    expect(costs.compute_ms.total).toBeGreaterThan(0)
  })

  test('stopped on the way, it leaves nothing behind either', async () => {
    const stop = new AbortController()
    const stopped = simulatePolicy({
      ...{ ledger: world.ledger.ledger, policy: await inForce(), from: 1, to: EPOCHS },
      signal: stop.signal,
      onProgress: (text) => {
        if (text.startsWith('epoch 2')) stop.abort(new Error('stopped'))
      },
    })
    await expect(stopped).rejects.toThrow()
    expect(left()).toEqual([])
  })

  test('epochs that are not settled are refused', async () => {
    await expect(simulate({}, 1, EPOCHS + 1)).rejects.toMatchObject({
      code: 'EPOCHS_NOT_SETTLED',
      facts: { settled: EPOCHS },
    })
  })
})

describe('a policy file', () => {
  const path = 'policy.json'

  test('is what `tally policy show` prints', async () => {
    const body = await inForce()
    const read = readPolicy(JSON.stringify(policyDocument(body)), path)
    expect(policyDocument(read)).toEqual(policyDocument(body))
  })

  test.each([
    ['no JSON', () => '{', 'NO_JSON', 'no JSON'],
    ['a list', () => '[]', 'SHAPE', 'must be an object'],
    [
      'a part that is missing',
      (good: object) => JSON.stringify({ ...good, dataParts: undefined }),
      'SHAPE',
      'dataParts is missing',
    ],
    [
      'a field that is misspelt',
      (good: object) => JSON.stringify({ ...good, minEvent: 1 }),
      'SHAPE',
      'minEvent is not a field',
    ],
    ['parts that leave a gap', (good: object) => JSON.stringify({ ...good, dataParts: 1 }), 'SHARES_INVALID', 'sum to'],
    [
      'a method without gates',
      (good: object) => JSON.stringify({ ...good, method: 'knn/shapley@1' }),
      'FIELD_INVALID',
      'method',
    ],
    [
      'an amount that is no text',
      (good: object) => JSON.stringify({ ...good, minimumPayouts: [{ token: TOKEN, amount: 1.5 }] }),
      'SHAPE',
      'minimumPayouts[0].amount',
    ],
    [
      'a token that is no hex',
      (good: object) => JSON.stringify({ ...good, treasury: 'me' }),
      'SHAPE',
      'treasury must be 0x-hex',
    ],
  ])('%s is refused with what is wrong', async (_, change, reason, detail) => {
    const text = change(policyDocument(await inForce()))
    expect(() => readPolicy(text, path)).toThrow(
      expect.objectContaining({
        code: 'INVALID_POLICY',
        facts: { path, reason, detail: expect.stringContaining(detail) },
      }),
    )
  })
})

test('gas is what docs/security-model.md says was measured', () => {
  const page = readFileSync(new URL('../../docs/security-model.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ')
  const text = (gas: bigint) => gas.toString().replace(/\B(?=(\d{3})+$)/g, ',')
  expect(page).toContain(`| TallyDistributor | ${text(GAS.firstClaim)} | ${text(GAS.laterClaim)} |`)
  expect(page).toContain(`a proposal with one token ${text(GAS.propose)}`)
  expect(page).toContain(`finalization that needs no attestation ${text(GAS.finalize)}`)
})
