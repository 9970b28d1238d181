#!/usr/bin/env node
import { Command } from 'commander'
import { addAnswers } from './verbs/answers.ts'
import { addChain } from './verbs/chain.ts'
import { addChecks } from './verbs/checks.ts'
import { addDemo } from './verbs/demo.ts'
import { addDlq } from './verbs/dlq.ts'
import { addDoctor } from './verbs/doctor.ts'
import { addEpochStatus } from './verbs/epoch-status.ts'
import { addEpochSteps } from './verbs/epoch-steps.ts'
import { addLogCopy } from './verbs/log-copy.ts'
import { addRecords } from './verbs/records.ts'
import { addSchemas } from './verbs/schema.ts'
import { addSeal } from './verbs/seal.ts'
import { addTopics } from './verbs/topics.ts'

const program = new Command('tally')
  .description(
    'Meters each use of data, models and agents, works out what each contribution did for it, pays by that, and proves it.',
  )
  .version('0.1.0')
  .showHelpAfterError('(tally --help lists the verbs)')
  .addHelpText(
    'after',
    `
Exit codes:
  0  done, or nothing to do        3  checked, but the chain was not asked
  1  a check failed                4  not yet, or busy: run it again later
  2  bad usage or configuration    5  any other error

Start here:
  $ tally demo`,
  )
program.exitOverride((error) => {
  process.exit(error.exitCode === 0 ? 0 : 2)
})

addDemo(program)
addRecords(program)
addSchemas(program)
addLogCopy(program)
addDlq(program)
addTopics(program)
addSeal(program)
const epoch = program.command('epoch').description('epochs: close, status')
const anchor = program.command('anchor').description('the chain: deploy, propose, finalize, status')
addEpochSteps(program, epoch, anchor)
addEpochStatus(epoch)
addChain(program, anchor)
addAnswers(program)
addChecks(program)
addDoctor(program)

await program.parseAsync()
