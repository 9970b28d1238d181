// Run by itself: signs a tree of 300 entries of its own history with a key that others use too, and prints what came of it.
import { LogSigner } from '../../../jobs/publish/log/log-signer.ts'
import { TallyError } from '../../../schemas/errors.ts'
import { someEntries, tiledLog } from '../../support/tiled-log.ts'

const [folder, origin, history, startMs] = process.argv.slice(2) as [string, string, string, string]
const BUSY_WAIT_MS = 20
const log = tiledLog(someEntries(300, history))
await new Promise((started) => setTimeout(started, Number(startMs) - Date.now()))

async function sign(): Promise<string> {
  const signer = await LogSigner.open({ folder, origin, verb: history })
  try {
    return (await signer.sign(log, log.read)).did
  } finally {
    signer.release()
  }
}

for (;;) {
  const outcome = await sign().catch((error: unknown) => {
    if (error instanceof TallyError) return error.code
    throw error
  })
  if (outcome !== 'LOG_KEY_BUSY') {
    process.stdout.write(`${outcome}\n`)
    break
  }
  await new Promise((waited) => setTimeout(waited, BUSY_WAIT_MS))
}
