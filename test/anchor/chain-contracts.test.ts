import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'

const ROOT = resolve(import.meta.dirname, '../..')
const ARTIFACT = 'anchor/contracts/artifacts/tally-distributor.ts'
const SOURCE = 'anchor/contracts/src/Tokens.sol'
let copy: string

// A copy elsewhere: the artifacts must not depend on where the repository lies.
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'tally-contracts-'))
  for (const path of ['foundry.toml', 'scripts', 'anchor/contracts/src', 'anchor/contracts/artifacts']) {
    await cp(join(ROOT, path), join(copy, path), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'), 'dir')
})
afterAll(async () => {
  await rm(copy, { recursive: true })
})

function build(...flags: string[]) {
  const { status, stdout } = spawnSync('node', ['scripts/build-contracts.mjs', ...flags], {
    cwd: copy,
    encoding: 'utf8',
  })
  return { status, stdout }
}

describe('contract artifacts', () => {
  test('the committed ones are what the sources give, byte for byte', () => {
    expect(build('--check')).toMatchObject({ status: 0, stdout: expect.not.stringContaining('STALE') })
  })

  test('a changed source makes them stale, and a build writes them anew', async () => {
    const before = await readFile(join(copy, ARTIFACT), 'utf8')
    const source = await readFile(join(copy, SOURCE), 'utf8')
    await writeFile(join(copy, SOURCE), source.replace('MAX_TOKENS = 64', 'MAX_TOKENS = 65'))
    expect(build('--check')).toMatchObject({ status: 1, stdout: expect.stringContaining(`${ARTIFACT}: STALE`) })
    expect(await readFile(join(copy, ARTIFACT), 'utf8')).toBe(before)
    expect(build().status).toBe(0)
    expect(await readFile(join(copy, ARTIFACT), 'utf8')).not.toBe(before)
    await writeFile(join(copy, SOURCE), source)
    expect(build().status).toBe(0)
    expect(await readFile(join(copy, ARTIFACT), 'utf8')).toBe(before)
  })

  test('a changed comment changes no bytecode', async () => {
    const source = await readFile(join(copy, SOURCE), 'utf8')
    await writeFile(join(copy, SOURCE), `${source}\n// A word more.\n`)
    expect(build('--check').status).toBe(0)
    await writeFile(join(copy, SOURCE), source)
  })
})
