#!/usr/bin/env node
import { currentInvocation } from './invocation.ts'
import { runCommandLine } from './program.ts'

// Whoever reads may have seen enough: `tally … | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

await runCommandLine(currentInvocation().argv)
