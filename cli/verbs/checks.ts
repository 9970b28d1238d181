import type { Command } from 'commander'
import { addAudit } from './audit.ts'
import { addVerify } from './verify.ts'

/** `verify`, `audit`: checks that trust nothing the operator says. They open no warehouse. */
export function addChecks(program: Command): void {
  addVerify(program)
  addAudit(program)
}
