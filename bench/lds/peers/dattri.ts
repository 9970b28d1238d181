import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lossesFromPairs, type Prediction, testedEvents } from '../methods/method.ts'
import type { Setting } from '../protocol.ts'

const PYTHON = process.env.PYTHON ?? 'python3'
const RANK = 512
const LIMIT_MS = 30 * 60 * 1000

/** How to get what this needs; undefined when it is there. */
export function dattriMissing(): string | undefined {
  const { status } = spawnSync(PYTHON, ['-c', 'import dattri, torch'], { stdio: 'ignore' })
  return status === 0 ? undefined : 'dattri: skipped (python3 -m pip install dattri torch; PYTHON names another python)'
}

/** TRAK by dattri (Deng et al. 2024) as it comes, on the same checkpoints, samples and subsets. */
export function predictDattri(setting: Setting): Prediction {
  const { data, ensemble } = setting
  const folder = mkdtempSync(join(tmpdir(), 'tally-dattri-'))
  try {
    writeSetting(folder, setting)
    const script = fileURLToPath(new URL('./dattri_trak.py', import.meta.url))
    const { status, stderr, error } = spawnSync(PYTHON, [script, folder], { encoding: 'utf8', timeout: LIMIT_MS })
    if (status !== 0) throw new Error(`dattri ended with ${status}: ${stderr.slice(-2_000)}`, { cause: error })
    const bytes = readFileSync(join(folder, 'scores.f32'))
    const scores = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    const { train } = data.parts
    const range = testedEvents(setting)
    const rowOf = (event: number) => scores.subarray((event - range.from) * train, (event - range.from + 1) * train)
    return {
      name: `dattri's TRAK, ${ensemble.members.length} checkpoints, float32, k = ${RANK}`,
      bytes: 4 * RANK * ensemble.members.length,
      predicted: lossesFromPairs(setting, range, (event) => Float64Array.from(rowOf(event))),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function writeSetting(folder: string, { data, ensemble }: Setting): void {
  const { inputs, labels, classes, parts } = data
  const dense = new Float32Array(inputs.count * inputs.size)
  for (let row = 0; row < inputs.count; row++) {
    for (let at = inputs.starts[row]!, end = inputs.starts[row + 1]!; at < end; at++)
      dense[row * inputs.size + inputs.columns[at]!] = inputs.values[at]!
  }
  const weights = Float32Array.from(ensemble.members.flatMap((member) => [...member]))
  const meta = { size: inputs.size, classes, train: parts.train, testedFrom: parts.train + parts.heldOut, rank: RANK }
  writeFileSync(join(folder, 'meta.json'), JSON.stringify({ ...meta, seed: 0 }))
  writeFileSync(join(folder, 'inputs.f32'), dense)
  writeFileSync(join(folder, 'labels.u8'), labels)
  writeFileSync(join(folder, 'weights.f32'), weights)
}
