import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { builtCli } from './support/built-cli.ts'
import { tally } from './support/tally.ts'
import { tallyHere } from './support/tally-here.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

/** Names under `Commands:` in a help text. */
function commandsOf(help: string): string[] {
  const listed = help.split('Commands:\n')[1]?.split('\n\n')[0] ?? ''
  const names = listed.split('\n').map((line) => /^ {2}([a-z-]+)/.exec(line)?.[1])
  return names.filter((name) => name !== undefined && name !== 'help') as string[]
}

async function helpOf(verb: readonly string[]): Promise<string> {
  const { end, stdout, stderr } = await tallyHere([...verb, '--help'])
  expect({ verb, end, stderr }).toEqual({ verb, end: 0, stderr: '' })
  return stdout
}

/** The help of every verb below `words`: `epoch close` → text. */
async function helpsBelow(words: readonly string[]): Promise<[verb: string, help: string][]> {
  const help = await helpOf(words)
  const inner = commandsOf(help)
  if (inner.length === 0) return [[words.join(' '), help]]
  return (await Promise.all(inner.map((name) => helpsBelow([...words, name])))).flat()
}

describe('tally explains itself', () => {
  const path = temporaryFolder()
  let helps: [verb: string, help: string][]
  beforeAll(async () => {
    helps = await helpsBelow([])
  })

  test('every verb has --help with an example that begins with itself', () => {
    const verbs = helps.map(([verb]) => verb)
    for (const known of ['demo', 'run', 'epoch close', 'epoch status', 'anchor deploy', 'verify', 'audit'])
      expect(verbs).toContain(known)
    const withoutExample = helps.filter(([verb, help]) => {
      const example = help.split('Example:\n')[1] ?? ''
      return !new RegExp(`^ {2}\\$ .*tally ${verb}\\b`).test(example)
    })
    expect(withoutExample).toEqual([])
  })

  test('no example leaves out a part of what it names: it can be pasted', () => {
    const elided = helps.flatMap(([verb, help]) =>
      help
        .split('\n')
        .filter((line) => /^ {2}\$ /.test(line) && /…|\.\.\./.test(line))
        .map((line) => `${verb}: ${line}`),
    )
    expect(elided).toEqual([])
  })

  test('docs/operations/running.md says of every verb whether it goes through a running ingest', () => {
    const doc = readFileSync(new URL('../../docs/operations/running.md', import.meta.url), 'utf8')
    const rows = doc.split('\n').filter((line) => line.startsWith('| ') && !/^\| (verbs|---)/.test(line))
    const named = rows.flatMap((row) => [...row.matchAll(/`([a-z]+(?: [a-z-]+)?)`/g)].map(([, verb]) => verb!))
    const verbs = helps.map(([verb]) => verb)
    expect([...named].sort()).toEqual([...verbs].sort())
  })

  test('the modules that a word loads know all of its verbs', async () => {
    for (const word of commandsOf(await helpOf([]))) {
      // `tally help …` loads every module.
      const { stdout } = await tallyHere(['help', word])
      expect({ word, help: await helpOf([word]) }).toEqual({ word, help: stdout })
    }
  })

  test('tally --help lists the exit codes', async () => {
    const help = await helpOf([])
    for (const code of [0, 1, 2, 3, 4, 5]) expect(help).toMatch(new RegExp(`(^|\\s)${code} {2}\\w`, 'm'))
    expect(help).toContain('6 and more')
  })

  test.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['epoch', 'frobnicate'], "unknown command 'frobnicate'"],
    [['run', '--frobnicate'], "unknown option '--frobnicate'"],
    [['verify'], "missing required argument 'file'"],
    [['demo', '--epochs', 'many'], 'a whole number from 1'],
    [['demo', '--story', '--epochs', '2'], '--epochs cannot be given with --story'],
    [['demo', '--story', '--epochs', '1', '--digit', 'seven.png'], '--epochs and --digit cannot'],
    [['receipt', `0x${'11'.repeat(20)}`, '--epoch', 'two'], 'must be a whole number'],
    [['explain', 'some-use', '--top', '-1'], 'must be a whole number'],
    [['anchor', 'deploy', '--chain-id', '0x1'], 'must be a whole number'],
    [['anchor', 'deploy', '--distributor', `0x${'11'.repeat(20)}`], 'needs --chain-id and --operator'],
  ])('bad usage ends with 2 and changes nothing: tally %j', async (args, message) => {
    const data = path('nothing')
    const { end, stdout, stderr } = await tally([...args], { env: { TALLY_DATA: data } })
    expect(stderr).toContain(message)
    expect({ end, stdout }).toEqual({ end: 2, stdout: '' })
    expect(existsSync(data)).toBe(false)
  })
})

test('a reader that has seen enough is no failure', async () => {
  const main = await builtCli()
  const line = `'${process.execPath}' '${main}' --help | true; exit \${PIPESTATUS[0]}`
  const { status, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
