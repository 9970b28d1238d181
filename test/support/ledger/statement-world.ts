import { fromHex } from '../../../schemas/ids.ts'
import { OTHER_TOKEN } from './cast.ts'
import { contribution, contributionOf, uses } from './contributions.ts'
import { featuresOf, randomOf, SHAPE } from './random-features.ts'
import { SmallLedger } from './small-ledger.ts'

const FEE = 1_001n

/**
 * A ledger of three published epochs in which there is something of everything that a statement tells: contributions that help,
 * hurt and are copies, a model of two owners and one made from another, an agent with ratings that still wait, features that never
 * came, hold-back, a minimum payout that one token does not reach, and a share that was sold.
 */
export async function openStatementWorld(): Promise<SmallLedger> {
  const world = await SmallLedger.open()
  const { records } = world
  await world.found({
    ...{ dataParts: 400_000, modelParts: 200_000, upstreamParts: 100_000, agentParts: 100_000 },
    ...{ outcomeParts: 50_000, infrastructureParts: 100_000, treasuryParts: 50_000 },
    ...{ minEvents: 1, outcomeWaitEpochs: 2, featureWaitEpochs: 5, holdBackParts: 50_000, holdBackEpochs: 3 },
    minimumPayouts: [{ token: fromHex(OTHER_TOKEN), amount: 1_000n }],
  })
  const contents = Array.from({ length: 6 }, (_, index) => featuresOf(randomOf(index), SHAPE, index % 2))
  const content = (index: number) => `content ${index}`
  const alice = await contributionOf(records, 'alice', 'batch-alice', contents, { fingerprints: content })
  const copier = await contributionOf(records, 'copier', 'batch-copier', contents.slice(0, 2), {
    fingerprints: content,
  })
  const bob = await contribution(records, randomOf(50), 'bob', 6, { wrong: (index) => index === 0 })
  for (const { batch, features } of [alice, bob, copier]) await world.send(batch, ...features)
  await world.send(
    await records.asset('bot', 'agent', { carol: 1_000_000 }),
    await records.asset('base', 'model', { carol: 1_000_000 }),
    await records.derived('tuned', 'model', 'stranger', { base: { by: 'carol', parts: 400_000 } }),
    ...(await records.vouchers('tuned')),
  )
  for (const epoch of [1, 2, 3]) {
    const ids = Array.from({ length: 8 }, (_, index) => `use-${epoch}-${index}`)
    await world.send(
      records.deposit('payer', 100_000n),
      ...uses(records, randomOf(70 + epoch), ids.slice(2), FEE),
      ...ids
        .slice(0, 2)
        .flatMap((id, index) => [
          records.inference(id, FEE, { body: { agent: 'bot' } }),
          records.inferenceFeatures(id, featuresOf(randomOf(80 + epoch + index), SHAPE, index)),
        ]),
      records.inference(`plain-${epoch}`, 100n),
    )
    if (epoch > 1) {
      const other = { body: { token: fromHex(OTHER_TOKEN) } }
      await world.send(records.deposit('payer', 50n, other), records.inference(`other-${epoch}`, 50n, other))
      await world.send(await records.rating('payer', `use-${epoch - 1}-0`, 900))
    }
    if (epoch === 2)
      await world.send(
        await records.offer('share', 'reader', 'modeller', 100_000, 500n),
        await records.acceptance('share', 'payer'),
      )
    if (epoch === 3) await world.send(records.inference('tuned', 777n, { body: { model: 'tuned' } }))
    await world.runEpoch()
  }
  return world
}
