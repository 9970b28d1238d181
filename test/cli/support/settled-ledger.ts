import { mkdirSync, writeFileSync } from 'node:fs'
import { ledgerIdOf } from '../../../anchor/ledger-id.ts'
import { loadConfig } from '../../../cli/config.ts'
import { Session } from '../../../cli/session.ts'
import { attributeEpoch } from '../../../jobs/attribution/attribute-epoch.ts'
import { closeEpoch } from '../../../jobs/close/close-epoch.ts'
import { publishEpoch } from '../../../jobs/publish/publish-epoch.ts'
import { settleEpoch } from '../../../jobs/settlement/settle-epoch.ts'
import type { OutgoingRecord } from '../../../schemas/encode-record.ts'
import { GENESIS, keyOf, type Name } from '../../support/ledger/cast.ts'
import { Records } from '../../support/ledger/records.ts'

/** Founds a ledger in a new data folder. @returns what makes its records */
export function foundIn(data: string): Records {
  mkdirSync(data)
  writeFileSync(`${data}/genesis.json`, JSON.stringify(GENESIS))
  return new Records(ledgerIdOf(GENESIS))
}

async function throughEpoch(data: string, sent: readonly OutgoingRecord[], isPublished: boolean): Promise<void> {
  const session = new Session({ config: loadConfig({ environment: {}, flags: { data } }), verb: 'test' })
  try {
    const log = await session.log()
    if (sent.length > 0) await log.sink.append(sent)
    const ledger = await session.ledger()
    await closeEpoch({ ledger, ...log, clock: session.clock, cutNow: true })
    await attributeEpoch({ ledger })
    await settleEpoch({ ledger })
    if (isPublished) await publishEpoch({ ledger, bundles: session.directory.bundles })
  } finally {
    await session.close()
  }
}

/** Appends records, closes an epoch and settles it. */
export function settleIn(data: string, ...sent: readonly OutgoingRecord[]): Promise<void> {
  return throughEpoch(data, sent, false)
}

/** As {@link settleIn}, and publishes it. */
export function publishIn(data: string, ...sent: readonly OutgoingRecord[]): Promise<void> {
  return throughEpoch(data, sent, true)
}

/** @returns a path to the key of one of the cast, readable by nobody else */
export function keyFileOf(path: (name: string) => string, name: Name): string {
  const file = path(`${name}.key`)
  writeFileSync(file, `${keyOf(name)}\n`, { mode: 0o600 })
  return file
}
