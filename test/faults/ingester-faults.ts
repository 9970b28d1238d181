import { once } from 'node:events'
import { statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LedgerFolder, SESSION_TIMEOUT_MS } from './ledger-folder.ts'
import { endOf } from './processes.ts'
import { until } from './until.ts'
import type { Fault, World } from './world.ts'

/** A commit takes some milliseconds from the first byte in the write-ahead log on. */
const COMMIT_MS_MAX = 12
/** From the start of a process to its first batch. */
const START_MS_MAX = 2_500
const COMMIT_WAIT_MS_MAX = 20_000
const JOINED_MS_MAX = 30_000
const DISK_FULL_MS_MAX = 60_000
const LOCKED = 4

/** What happens to the process that ingests. */
export const INGESTER_FAULTS: readonly Fault[] = [
  {
    name: 'ingester-killed',
    nodes: 1,
    /** SIGKILL in the middle of a commit, or anywhere between its start and its work. */
    async inject({ ingester, ledger, random }) {
      if (random.nextInt(3) > 0) {
        await commitOf(ledger)
        await sleep(random.nextInt(COMMIT_MS_MAX))
      } else await sleep(random.nextInt(START_MS_MAX))
      // In the old group the next one waits until the session of the dead one ends.
      if (random.nextInt(4) > 0) ingester.changeGroup()
      await ingester.kill()
    },
  },
  {
    name: 'ingester-paused',
    nodes: 1,
    /** SIGSTOP beyond the session; meanwhile nobody else can open its warehouse. */
    async inject({ ingester, ledger, random }) {
      await commitOf(ledger)
      ingester.pause()
      // Of a verb that others may ask it for, it has to answer when it wakes.
      const asked = ledger.tally('ingest', ingester.group)
      try {
        const second = ledger.tally('ingest --follow', ingester.group)
        const end = await endOf(second)
        if (end !== LOCKED || !second.output().includes('WAREHOUSE_LOCKED'))
          throw new Error(`A second process opened the warehouse: it ended with ${end}: ${second.output()}`)
        await sleep(SESSION_TIMEOUT_MS + random.nextInt(1_500))
      } finally {
        ingester.resume()
      }
      const end = await endOf(asked)
      if (end !== 0) throw new Error(`What was asked of a paused ingester ended with ${end}: ${asked.output()}`)
    },
  },
  {
    name: 'ingester-joins',
    nodes: 1,
    /** Another one with a warehouse of its own joins the group, takes partitions away, and leaves or dies. */
    async inject(world) {
      const { ingester, otherLedger, random, say } = world
      const second = otherLedger('second').tally('ingest --follow', ingester.group)
      await membersOf(world, 2)
      await sleep(random.nextInt(2_000))
      const signal = random.nextInt(2) === 0 ? 'SIGTERM' : 'SIGKILL'
      second.child.kill(signal)
      const end = await endOf(second)
      say(`the second ingester ended with ${end}`)
      if (end !== (signal === 'SIGTERM' ? 0 : signal)) throw new Error(`The second ingester ended with ${end}.`)
    },
  },
  {
    name: 'zombie',
    nodes: 1,
    /** Two readers on one warehouse in one process: see zombie.ts. */
    async inject({ ingester, ledger }) {
      await ingester.stop()
      const script = ledger.script(new URL('./zombie.ts', import.meta.url), ingester.group)
      const end = await endOf(script)
      if (end !== 0 || script.output() !== 'fenced\n')
        throw new Error(`No fence: ended with ${end}: ${script.output()}${script.complaint()}`)
      ingester.start()
    },
  },
  {
    name: 'disk-full',
    nodes: 1,
    /** No file may grow beyond a limit that the write-ahead log soon meets: a write ends in the middle, then every one fails. */
    async inject({ ingester, ledger, random, say }) {
      await commitOf(ledger)
      const limit_kib = Math.ceil(sizeOf(walOf(ledger)) / 1024) + 16 + random.nextInt(256)
      ingester.prefix = ['bash', '-c', `trap '' XFSZ; ulimit -f ${limit_kib}; exec "$@"`, 'bash']
      ingester.changeGroup()
      await ingester.kill()
      const ends = ingester.ends.length
      const isFull = () => ingester.ends.length > ends
      await until(isFull, DISK_FULL_MS_MAX, () => 'The ingester did not notice that the disk is full.')
      say(`with files of at most ${limit_kib} KiB it ended with ${ingester.ends.at(-1)}`)
      ingester.prefix = []
    },
  },
]

/** Resolves when something is written into the write-ahead log. */
async function commitOf(ledger: LedgerFolder): Promise<void> {
  const wal = walOf(ledger)
  const limit = AbortSignal.timeout(COMMIT_WAIT_MS_MAX)
  const watcher = watch(dirname(wal), { signal: limit })
  try {
    for (;;) {
      const [, name] = (await once(watcher, 'change', { signal: limit })) as [string, string]
      if (name === basename(wal)) return
    }
  } catch (error) {
    throw new Error('Nothing was committed for a long time.', { cause: error })
  } finally {
    watcher.close()
  }
}

function walOf(ledger: LedgerFolder): string {
  return `${ledger.warehouse}.wal`
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** Waits until so many members share the partitions of the group. */
async function membersOf({ client, ingester }: World, count: number): Promise<void> {
  const admin = client.admin()
  let found = ''
  try {
    await admin.connect()
    const isShared = async () => {
      const [group] = (await admin.describeGroups([ingester.group])).groups
      found = `${group?.state} with ${group?.members.length} members`
      return group?.state === 'Stable' && group.members.length === count
    }
    await until(isShared, JOINED_MS_MAX, () => `The group is ${found}.`)
  } finally {
    await admin.disconnect()
  }
}
