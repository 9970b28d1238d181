import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { recordNewDeposits } from '../../cli/record-new-deposits.ts'
import { Session } from '../../cli/session.ts'
import { describeWithAnvil } from '../anchor/chain-anvil.ts'
import { prepareLedger } from './support/small-ledger.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

describeWithAnvil('deposits that are final on the chain', () => {
  const path = temporaryFolder()
  let session: Session | undefined
  beforeEach(async () => {
    await prepareLedger(path('ledger'))
  })
  afterEach(() => session?.close())

  async function record(depositSource: string): Promise<number> {
    session = new Session({
      config: { data: path('ledger'), partitions: 2, kafkaGroup: 'tallystick', depositSource },
      verb: 'test',
    })
    // As if none had been read.
    await (await session.warehouse()).run("DELETE FROM meta WHERE name = 'deposits-read'")
    const recorded = await recordNewDeposits(session)
    await session.close()
    return recorded
  }

  test('wait for a source that is registered and may report them', async () => {
    expect(await record('urn:watcher')).toBe(0) // it is in the log, and no epoch has accepted it
    expect((await tallyHere(['epoch', 'close', '--data', path('ledger')])).end).toBe(0)
    expect(await record('urn:nobody')).toBe(0)
    expect(await record('urn:app')).toBe(0) // it may send contributions and uses
    expect(await record('urn:watcher')).toBe(1)
  })
})
