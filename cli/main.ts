#!/usr/bin/env node
import { currentInvocation } from './invocation.ts'
import { runCommandLine } from './program.ts'

await runCommandLine(currentInvocation().argv)
