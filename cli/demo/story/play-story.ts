import { type AuditReport, auditBundle } from '../../../audit/index.ts'
import { loadDigits } from '../../../examples/digits/dataset.ts'
import type { DemoClock } from '../../../examples/digits/demo/clock.ts'
import { splitStory } from '../../../examples/digits/story/accounts.ts'
import { EPOCH_STEPS } from '../../../jobs/run-epoch.ts'
import { type Statement, statementOf } from '../../../jobs/statement/statement.ts'
import type { Address } from '../../../schemas/ids.ts'
import { rewriteFiles } from '../../rewrite-files.ts'
import type { Session } from '../../session.ts'
import { ActList } from '../acts.ts'
import { claimAll, found, step } from '../play.ts'
import { type DemoResult, gather } from '../result.ts'
import { useModels, YEAR } from './months.ts'
import { carryOutErasure } from './trouble.ts'
import { othersOf, tell, type Year } from './year.ts'

/** A year that was played. */
export interface Story {
  year: Year
  claimed: Map<Address, bigint>
  audit: AuditReport
  result: DemoResult
  /** Of everybody who was paid or owns something, by name. */
  statements: { readonly name: string; readonly statement: Statement }[]
}

const FIRST_DAY_S = 3_600

/** Plays the year: every month is an epoch, from its first record to its finalized root; the audit of all of it ends it. */
export function playStory(
  session: Session,
  clock: DemoClock,
  { seed, silent }: { readonly seed: string; readonly silent: boolean },
): Promise<Story> {
  const acts = new ActList<Story>({ silent })
  acts.add('Found the ledger', async (story) => {
    const play = await found(session, splitStory(await loadDigits(), seed), seed, clock)
    story.year = {
      ...{
        play,
        others: othersOf(seed),
        labs: new Map(),
        nearPairs: new Map(),
        promised: new Map(),
        told: [],
        asked: [],
      },
      ...{ hasAgent: false, erased: '' },
    }
    return 'a local chain with a contract and a test dollar'
  })
  for (const [index, month] of YEAR.entries()) {
    const epoch = index + 1
    acts.add(`Month ${epoch}. ${month.title}`, async ({ year }, say) => {
      year.play.clock.moveTo(epoch, FIRST_DAY_S)
      await month.happens?.(year, epoch, say)
      const used = await useModels(year, epoch)
      for (const name of EPOCH_STEPS) {
        say(name)
        await step(year.play, name, epoch, say)
      }
      await month.tells?.(year, epoch)
      return used
    })
  }
  acts.add('Claim', async (story, say) => {
    story.claimed = await claimAll(story.year.play, say)
    return `${story.claimed.size} accounts took what they earned`
  })
  acts.add('Erase', async ({ year }) => {
    year.erased = await carryOutErasure(year)
    return year.erased
  })
  acts.add('Audit', async (story, say) => {
    const { rpcUrl } = await session.chain()
    story.audit = await auditBundle(session.directory.bundles, { rpcUrl, onProgress: (check) => say(check.name) })
    if (!story.audit.ok) return 'a difference was found'
    const periods = story.audit.erased?.periods.length ?? 0
    return `recomputed, but for scores of ${periods} periods whose features were erased by order; the chain agrees`
  })
  acts.add('Statements', async (story) => {
    const { play, others } = story.year
    story.result = await gather(play, YEAR.length, story.claimed, story.audit)
    const { warehouse } = await session.ledger()
    const people = [...play.cast.contributors, play.cast.modelLab, play.cast.gatewayOwner, ...Object.values(others)]
    story.statements = []
    for (const { name, address } of people)
      story.statements.push({ name, statement: await statementOf(warehouse, address) })
    return `${people.length} people are told what they were paid, and why`
  })
  // Last, since nothing else may have the files open: what `tally erase` does at its end.
  acts.add('Write the files again', async ({ year }, say) => {
    const written = await rewriteFiles(session, say)
    const what = `${written.length} files are written again: the ledger's folder holds nothing of what was erased`
    tell(year, YEAR.length, 'erased', `${year.erased}; ${what}`)
    return what
  })
  return acts.run()
}
