import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CanonicalJson, canonicalJson } from '../../../anchor/canonical-json.ts'
import { sha256 } from '../../../anchor/hash.ts'
import type { Manifest } from '../../../anchor/manifest.ts'
import { auditBundle, type Difference } from '../../../audit/index.ts'
import type { State } from '../../../audit/state.ts'
import { toHex } from '../../../schemas/ids.ts'
import { OFFLINE_STEPS, type OfflineStep, SmallLedger } from '../../support/ledger/small-ledger.ts'
import { writeFilesJson } from './bundle-writer.ts'

/** What is sent in an epoch. */
export type Sent = (world: SmallLedger) => Promise<unknown>

export type Draft<Value> = Value extends string | number | boolean | null
  ? Value
  : { -readonly [Key in keyof Value]: Draft<Value[Key]> }

/** Where an operator alters the warehouse, so that all that is published afterwards fits together. */
export interface Alteration {
  readonly epoch: number
  readonly behind: OfflineStep
  readonly sql: string
}

/**
 * A ledger that is played once, and can then be altered behind any of its steps: each alteration begins with a copy of how the ledger
 * was there, so that nothing before it is done again.
 */
export class AlterableLedger {
  /** Unaltered, to its end. */
  readonly world: SmallLedger
  readonly #kept: string
  readonly #nowMs = new Map<string, bigint>()

  private constructor(world: SmallLedger, kept: string) {
    this.world = world
    this.#kept = kept
  }

  /** @param behind the steps behind which it can be altered */
  static async play(epochs: readonly Sent[], behind: readonly OfflineStep[] = ['close']): Promise<AlterableLedger> {
    const world = await SmallLedger.open()
    const ledger = new AlterableLedger(world, mkdtempSync(join(tmpdir(), 'tallystick-kept-')))
    for (const [index, send] of epochs.entries()) {
      await send(world)
      world.endInterval()
      for (const step of OFFLINE_STEPS) {
        const { did, detail } = await world.step(step)
        if (did !== 'done') throw new Error(`${step}: ${detail}`)
        if (behind.includes(step)) await ledger.#keep(`${index + 1}-${step}`)
      }
    }
    return ledger
  }

  async #keep(name: string): Promise<void> {
    await this.world.copyTo(join(this.#kept, name))
    this.#nowMs.set(name, this.world.nowMs)
  }

  /**
   * Alters a copy, publishes that epoch, and audits it with those before it.
   *
   * @returns the first difference; the name of the error when a step refuses to go on
   */
  async altered({ epoch, behind, sql }: Alteration): Promise<Difference | undefined | string> {
    const name = `${epoch}-${behind}`
    const copy = await this.world.reopen(join(this.#kept, name), this.#nowMs.get(name)!)
    try {
      await copy.ledger.warehouse.run(sql)
      for (const step of OFFLINE_STEPS.slice(OFFLINE_STEPS.indexOf(behind) + 1)) await copy.step(step)
      return (await copy.audit()).firstDifference
    } catch (error) {
      return (error as Error).name
    } finally {
      copy.close()
    }
  }

  /**
   * Alters what is published of an epoch, and carries the hashes on; then it is as it was.
   *
   * @returns the first difference: without records, unless `payoutOnly` is false
   */
  async alteredPublic(
    epoch: number,
    alter: (state: Draft<State>, manifest: Draft<Manifest>) => void,
    payoutOnly = true,
  ): Promise<Difference | undefined> {
    const bundle = this.world.bundle(epoch)
    const paths = ['state.json', 'manifest.json'].map((name) => join(bundle, name))
    const before = paths.map((path) => readFileSync(path))
    try {
      const [state, manifest] = before.map((bytes) => JSON.parse(bytes.toString())) as [Draft<State>, Draft<Manifest>]
      alter(state, manifest)
      const encoded = canonicalJson(state as unknown as CanonicalJson)
      manifest.carryOut = toHex(sha256(encoded)) as Manifest['carryOut']
      writeFileSync(paths[0]!, encoded)
      writeFileSync(paths[1]!, canonicalJson(manifest as unknown as CanonicalJson))
      await writeFilesJson(bundle)
      return (await auditBundle(this.world.bundles, { payoutOnly })).firstDifference
    } finally {
      for (const [index, path] of paths.entries()) writeFileSync(path, before[index]!)
      await writeFilesJson(bundle)
    }
  }

  close(): void {
    this.world.close()
    rmSync(this.#kept, { recursive: true })
  }
}
