import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, test } from '@jest/globals'

const CHROMIUM = '/usr/bin/chromium'
/** Headless, as root too, and without a word to anybody: what it writes to its console comes on stderr. */
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--enable-logging=stderr',
]
const HINT = 'Chromium is not here: apt-get install chromium'
const RUN_MS_MAX = 45_000
const ANSWER_BYTES_MAX = 1_000_000

/** @param folder for the browser's profile */
function quietFlags(folder: string): string[] {
  return [...FLAGS, `--user-data-dir=${join(folder, 'profile')}`]
}

/** A suite that needs Chromium: skipped with a line that says how to get it, and a failure in CI. */
export function describeInChromium(name: string, suite: () => void): void {
  if (existsSync(CHROMIUM)) describe(name, suite)
  else if (process.env.CI === 'true') {
    test('Chromium can run here', () => {
      throw new Error(HINT)
    })
  } else {
    process.stderr.write(`skipped: ${name} (${HINT})\n`)
    describe.skip(name, () => test('runs', () => undefined))
  }
}

/**
 * Serves files on a free port, opens a page of them in a headless Chromium and waits until the page posts JSON to `/answer`.
 *
 * @param files  by path, `/page.html` among them
 * @param folder for the browser's profile
 */
export async function askPage(files: ReadonlyMap<string, string>, folder: string): Promise<unknown> {
  let answered: (text: string) => void = () => undefined
  const answer = new Promise<string>((resolve) => {
    answered = resolve
  })
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const file = files.get(path)
    if (request.method === 'POST' && path === '/answer') bodyOf(request).then(answered, () => undefined)
    response.writeHead(file === undefined && request.method !== 'POST' ? 404 : 200, { 'content-type': typeOf(path) })
    response.end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  // The port keeps it running until it is ended here.
  const flags = [...quietFlags(folder), '--remote-debugging-port=0']
  const child = spawn(CHROMIUM, [...flags, `http://127.0.0.1:${port}/page.html`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let console = ''
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    console += chunk
  })
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const told = () =>
      console
        .split('\n')
        .filter((line) => line.includes(':CONSOLE'))
        .join('\n')
    timer = setTimeout(() => reject(new Error(`The page did not answer. ${told()}`)), RUN_MS_MAX)
  })
  try {
    return JSON.parse(await Promise.race([answer, late]))
  } finally {
    clearTimeout(timer)
    const closed = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGKILL')
    await closed
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8')) {
    text += chunk
    if (text.length > ANSWER_BYTES_MAX) throw new RangeError('The page answers too much.')
  }
  return text
}

function typeOf(path: string): string {
  return path.endsWith('.html') ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8'
}

/** Opens a file and returns the document as the browser built it, and what it wrote to its console. */
export async function dumpPage(folder: string, path: string): Promise<{ dom: string; console: string[] }> {
  const flags = [...quietFlags(folder), '--hide-scrollbars', '--dump-dom']
  const child = spawn(CHROMIUM, [...flags, pathToFileURL(path).href], { stdio: ['ignore', 'pipe', 'pipe'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), RUN_MS_MAX)
  let [dom, errors] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    dom += chunk
  })
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    errors += chunk
  })
  const status = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve))
  clearTimeout(timer)
  if (status !== 0 || dom === '')
    throw new Error(`Chromium ended with ${status} and ${dom.length} characters. ${errors}`)
  return { dom, console: errors.split('\n').filter((line) => line.includes(':CONSOLE')) }
}
