import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { type WorkedExample, type WorkedOutcome, workOut } from '../support/worked-example.ts'

const page = readFileSync(new URL('../../docs/how-pay-is-computed.md', import.meta.url), 'utf8')
const block = /```json\n(.*?)```/s.exec(page)![1]!
let outcome: WorkedOutcome
beforeAll(async () => {
  outcome = await workOut(JSON.parse(block) as WorkedExample)
})

/** Cells of the rows of the table whose first column has this title. */
function table(title: string): string[][] {
  const lines = page.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`| ${title} |`))
  const rest = lines.slice(start + 2)
  return rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

const minus = (value: number) => String(value).replace('-', '−')

test('the page says what each contribution did', () => {
  expect(table('contribution').map(([name, value]) => [name, value])).toEqual(
    outcome.values.map(({ name, value }) => [name, minus(value)]),
  )
  for (const [, value, bar] of table('contribution')) {
    const length = Math.round(Math.abs(Number(value!.replace('−', '-'))) / 20)
    expect(bar).toMatch(value!.startsWith('−') ? `\`${'─'.repeat(length)}\` hurts` : `\`${'█'.repeat(length)}\``)
  }
})

test('the page says what each account is paid', () => {
  expect(table('account').map(([account, , share, paid]) => [account, share, paid])).toEqual(
    outcome.accounts.map(({ account, share, paid }) => [
      account,
      `${(share / 10).toFixed(1)} %`,
      paid.toLocaleString('en-US'),
    ]),
  )
  expect(outcome.accounts.reduce((sum, { paid }) => sum + paid, outcome.carried)).toBe(outcome.pool)
  expect(page).toContain(`${outcome.pool.toLocaleString('en-US')} atoms`)
})

test('and what an account adds up to', () => {
  const example = JSON.parse(block) as WorkedExample
  for (const [account, sum] of table('account')) {
    const own = outcome.values.filter((_, item) => example.items[item]!.account === account).map(({ value }) => value)
    const positive = own.filter((value) => value > 0).join(' + ')
    expect(sum).toBe(own.filter((value) => value < 0).reduce((text, value) => `${text} − ${-value}`, positive))
  }
})

test('without the wrong label Ben would be paid about as much as Ana', async () => {
  const example = JSON.parse(block) as WorkedExample
  const items = example.items.filter(({ name }) => !name.includes('labelled dog'))
  const { accounts } = await workOut({ ...example, items })
  const paid = (name: string) => accounts.find(({ account }) => account === name)!.paid
  expect(Math.abs(paid('Ben') / paid('Ana') - 1)).toBeLessThan(0.1)
})
