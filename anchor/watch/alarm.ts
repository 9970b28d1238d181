import type { Address, Hex } from 'viem'

/** What went wrong; docs/operations/watching.md says what to do about each. */
export const ALARM_KINDS = [
  'difference',
  'bundle-missing',
  'wrong-ledger',
  'second-proposal',
  'not-final',
  'window-missed',
  'finalized-differs',
  'finality-broken',
  'blind',
] as const
export type AlarmKind = (typeof ALARM_KINDS)[number]

/** `critical`: money can be claimed wrongly already, or somebody shows two histories. */
export type AlarmSeverity = 'warning' | 'high' | 'critical'

const SEVERITY: Readonly<Record<AlarmKind, AlarmSeverity>> = {
  difference: 'high',
  'bundle-missing': 'high',
  'wrong-ledger': 'high',
  'second-proposal': 'critical',
  'not-final': 'warning',
  'window-missed': 'warning',
  'finalized-differs': 'critical',
  'finality-broken': 'critical',
  blind: 'high',
}

/** One place where bundle or chain do not say what was recomputed. */
export interface WatchDifference {
  readonly epoch: number | null
  /** Which check found it. */
  readonly check: string
  readonly where: string
  readonly expected: string
  readonly found: string
}

export interface Alarm {
  readonly kind: AlarmKind
  readonly severity: AlarmSeverity
  /** One line for a person. */
  readonly message: string
  readonly epoch: number | null
  readonly attempt: number | null
  readonly proposalHash: Hex | null
  /** Block time from which the proposal can be finalized, in seconds since 1970. */
  readonly deadline_s: bigint | null
  readonly difference: WatchDifference | null
  /** What a guardian would run, for a person to look at first. */
  readonly command: string | null
}

export type AlarmFacts = Omit<Alarm, 'severity' | 'epoch' | 'attempt' | 'proposalHash' | 'deadline_s'> & {
  readonly about?: AlarmSubject | undefined
}

/** The epoch on chain that an alarm is about. */
export interface AlarmSubject {
  readonly epoch: number
  readonly attempt?: number
  readonly proposalHash?: Hex
  readonly deadline_s?: bigint
}

export function alarmOf({ about, ...facts }: AlarmFacts): Alarm {
  return {
    ...facts,
    severity: SEVERITY[facts.kind],
    epoch: about?.epoch ?? null,
    attempt: about?.attempt ?? null,
    proposalHash: about?.proposalHash ?? null,
    deadline_s: about?.deadline_s ?? null,
  }
}

/** Two alarms with one key are the same alarm, raised again. */
export function alarmKey({ kind, epoch, attempt, proposalHash, difference }: Alarm): string {
  return JSON.stringify([kind, epoch, attempt, proposalHash, difference])
}

/** With Foundry's cast: ends a proposal, at any time before it is finalized. */
export function vetoCommand(distributor: Address, epoch: number): string {
  return `cast send ${distributor} "vetoEpoch(uint64)" ${epoch} --rpc-url $RPC_URL`
}

/** With Foundry's cast: takes a finalized epoch out of what can be claimed against. */
export function revokeCommand(distributor: Address, epoch: number): string {
  return `cast send ${distributor} "revokeEpoch(uint64,bytes[])" ${epoch} "[SIGNATURES]" --rpc-url $RPC_URL`
}
