import { rmSync, mkdirSync } from 'node:fs'
import { EmbeddedLog } from '../../../pipelines/embedded-log.ts'
import { openWarehouse } from '../../../pipelines/warehouse/open-warehouse.ts'
import { openLedger } from '../../../jobs/ledger.ts'
import { runStep } from '../../../jobs/run-epoch.ts'
import { INPUT_TOPICS, TOPICS } from '../../../schemas/topics.ts'
import { toAddress, fromHex } from '../../../schemas/ids.ts'
import { encodeEvent } from '../../../schemas/encode-record.ts'
import { loadDigits } from '../dataset.ts'
import { splitDigits } from '../accounts.ts'
import { castOf } from './cast.ts'
import { DemoClock } from './clock.ts'
import { registrationRecords, featureMapRecord } from './registration.ts'
import { batchesOf } from './contributions.ts'
import { train, contributionFeatureRecords } from './model-lab.ts'
import { askAll } from './questions.ts'
import { FEATURE_MAP, SOURCES } from './names.ts'
const dir = '/tmp/scratch'; rmSync(dir, { recursive: true, force: true }); mkdirSync(dir)
let t = Date.now(); const lap = (s: string) => { console.log(s, Date.now() - t, 'ms', Math.round(process.memoryUsage().rss/1e6)+'MB'); t = Date.now() }
const seed = process.argv[2] ?? '1'
const clock = new DemoClock(seed)
const log = await EmbeddedLog.open(dir + '/log.duckdb', { verb: 'scratch', clock: () => clock.tick() })
for (const topic of INPUT_TOPICS) await log.createTopic(topic, 3)
await log.createTopic(TOPICS.epochs, 1)
const warehouse = await openWarehouse(dir + '/w.duckdb', { verb: 'scratch' })
lap('open')
const split = splitDigits(await loadDigits(), seed)
const cast = castOf(seed, split.accounts)
lap('digits')
const genesis = { format: 'tallystick-genesis/1', name: 'x', chainId: 31337, distributor: toAddress('0x' + '11'.repeat(20)), operator: cast.operator.address } as const
const ledger = await openLedger(warehouse, genesis)
const ctx = { ledgerId: ledger.ledgerId, cast, time: clock.text() }
await log.append(await registrationRecords(ctx))
const batches = []
for (const c of cast.contributors) for (const b of await batchesOf(c, seed, ledger.ledgerId, new Date(Number(clock.now())))) { batches.push(b); await log.append([{ ...b.record, partition: c.role === 'copier' ? 0 : 1 }]) }
lap('batches')
const lab = await train(batches, seed, () => {})
lap('train')
await log.append([await featureMapRecord(ctx, FEATURE_MAP, lab.facts)])
for (const b of batches) await log.append(contributionFeatureRecords(b, lab, clock.text()))
const token = toAddress('0x' + '22'.repeat(20))
await log.append([encodeEvent({ type: 'Deposited', source: SOURCES.watcher, id: 'd1', body: { chainId: 31337n, distributor: fromHex(genesis.distributor), payer: fromHex(cast.payer.address), token: fromHex(token), amount: 100_000_000n, transactionHash: new Uint8Array(32), logIndex: 0, blockNumber: 1n, blockHash: new Uint8Array(32) } }, clock.text())])
const epochs = Number(process.argv[3] ?? 1)
const steps = ['close', 'attribute', 'settle', 'publish'] as const
for (let e = 1; e <= epochs; e++) {
  clock.moveTo(e, 600)
  const qs = askAll(split.heldOut(e - 1), { lab, seed, epoch: e, payer: cast.payer.address, token, now: new Date(Number(clock.now())) })
  for (let i = 0; i < qs.length; i += 250) await log.append(qs.slice(i, i + 250).flatMap((q) => q.records))
  lap('questions')
  clock.moveTo(e + 1, 60)
  for (const s of steps) { const r = await runStep(s, { ledger, source: log, sink: log, clock: () => clock.now(), bundles: dir + '/bundles', chain: () => { throw new Error('x') }, onProgress: (x) => lap('   .. ' + x) }); console.log(r); lap(s) }
  const m = JSON.parse((await warehouse.one('select manifest_json m from epoch where epoch=$e', { e }))!.m as string)
  console.log(m.tree, m.payout, m.counts, m.periods, m.conservation)
  const names = new Map(cast.contributors.map((c) => [c.address as string, c.name + ' ' + c.role]))
  for (const row of await warehouse.all('select account, items, duplicates, k, s, pay, share_low, share, share_high from score where epoch=$e order by account', { e })) console.log(names.get(row.account as string), row.items, row.duplicates, row.k, String(row.s), String(row.pay), row.share_low, row.share, row.share_high)
}
warehouse.close(); await log.close()
