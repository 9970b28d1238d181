import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { runReadingVerb, runVerb, type VerbContext } from '../../cli/command.ts'
import { askRunningIngest } from '../../cli/live/client.ts'
import { encodeRequest, toRequest } from '../../cli/live/protocol.ts'
import { LiveServer } from '../../cli/live/server.ts'
import { printLine } from '../../cli/output.ts'
import { Session } from '../../cli/session.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const CONNECTIONS = 1_000
const WAITING_MAX = 32
const TOO_MANY = 40
const GARBAGE = {
  'another page': 'GET / HTTP/1.1\r\nhost: x\r\n\r\n',
  'no JSON': 'POST /verb HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n{]}',
  'no request': 'POST /verb HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}',
  'a huge body that does not come': 'POST /verb HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999999\r\n\r\n{',
  'a huge body that does': `POST /verb HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n${'{'.repeat(9_000_000)}`,
  'a huge chunk': 'POST /verb HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n{',
  'huge headers': `POST /verb HTTP/1.1\r\nhost: ${'x'.repeat(100_000)}\r\n\r\n`,
  'another protocol': '\0\u0001\u0002\xff'.repeat(1_000),
  nothing: '',
} as const

/** A moment that one waits for and another one reaches. */
class Moment {
  reach: () => void = () => undefined
  readonly reached = new Promise<void>((resolve) => {
    this.reach = resolve
  })
}

describe('the process that holds the warehouse', () => {
  const path = temporaryFolder()
  let folders = 0
  let session: Session
  let server: LiveServer
  /** A command line is the name of one of these, and no more. Those called `read …` only read. */
  let verbs: Record<string, (context: VerbContext) => Promise<number | undefined>>

  beforeEach(async () => {
    session = new Session({
      config: { data: path(`ledger-${folders++}`), partitions: 1, kafkaGroup: 'test' },
      verb: 'the server',
    })
    await session.warehouse()
    verbs = {
      hello: async ({ answer }) => {
        answer('hello', () => printLine('hello'))
        return undefined
      },
    }
    const runCommandLine = async ([name]: readonly string[]) => {
      const run = name!.startsWith('read') ? runReadingVerb : runVerb
      await run(name!, {}, verbs[name!] ?? verbs.hello!)
    }
    server = await LiveServer.listen({ session, catchUp: async () => undefined, runCommandLine })
  })
  afterEach(async () => {
    await server.stop()
    await session.close()
  })

  interface Asked {
    readonly exit: number | undefined
    readonly stdout: string
    readonly stderr: string
  }

  /** Asks from this process for a person at a terminal, as another one would. */
  async function ask(name: string, onStderr: (text: string) => void = () => undefined): Promise<Asked> {
    let stdout = ''
    let stderr = ''
    const output = {
      stdout: (text: string) => {
        stdout += text
      },
      stderr: (text: string) => {
        stderr += text
        onStderr(text)
      },
      exit: () => undefined,
      columns: 80,
      hasColours: false,
    }
    const { config, directory } = session
    const asked = { config, given: new Map(), argv: [name], cwd: '/', directory, output, json: false }
    return { exit: await askRunningIngest(asked), stdout, stderr }
  }

  /** Asks, and resolves when the verb waits for its turn. */
  async function askInLine(name: string): Promise<{ asked: Promise<Asked> }> {
    const inLine = new Moment()
    const asked = ask(name, (text) => text.includes('waits for') && inLine.reach())
    await Promise.race([inLine.reached, asked])
    return { asked }
  }

  /** A verb that is inside until `end` is reached. */
  function occupant(name: string): { entered: Moment; end: Moment; asked: Promise<Asked> } {
    const entered = new Moment()
    const end = new Moment()
    verbs[name] = async () => {
      entered.reach()
      await end.reached
      return 0
    }
    return { entered, end, asked: ask(name) }
  }

  const requestOf = (name: string) =>
    encodeRequest(
      toRequest({
        config: session.config,
        given: new Map(),
        argv: [name],
        cwd: '/',
        columns: undefined,
        hasColours: false,
      }),
    )

  /** Asks without reading the answer. */
  function askDeaf(name: string): { hangUp: () => void } {
    const sent = httpRequest({ socketPath: session.directory.socket, path: '/verb', method: 'POST', agent: false })
    sent.on('error', () => undefined).end(requestOf(name))
    return { hangUp: () => sent.destroy() }
  }

  /** A connection that this server has taken or refused. */
  async function open(): Promise<{ socket: Socket; closed: Promise<void> }> {
    const socket = connect(session.directory.socket)
    socket.on('error', () => undefined)
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
    await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), closed])
    return { socket, closed }
  }

  test('runs verbs that write one after the other, in the order in which they came', async () => {
    const order: string[] = []
    const first = occupant('first')
    await first.entered.reached
    for (const name of ['second', 'third']) {
      verbs[name] = async () => {
        order.push(name)
        return 0
      }
    }
    const second = await askInLine('second')
    const third = await askInLine('third')
    expect(order).toEqual([])
    first.end.reach()
    expect(await Promise.all([second.asked, third.asked])).toMatchObject([{ exit: 0 }, { exit: 0 }])
    expect(order).toEqual(['second', 'third'])
    expect((await second.asked).stderr).toContain('waits for tally first')
  })

  test('runs verbs that read meanwhile; they see what was committed, and have their own temporary tables', async () => {
    const end = new Moment()
    const written = new Moment()
    verbs.write = async ({ session: own }) => {
      const warehouse = await own.warehouse()
      await warehouse.transaction(async () => {
        await warehouse.run('CREATE TEMP TABLE t AS SELECT 1 AS n')
        await warehouse.run("INSERT INTO meta VALUES ('n', '1')")
        written.reach()
        await end.reached
      })
      return 0
    }
    verbs.read = async ({ session: own }) => {
      const warehouse = await own.warehouse()
      await warehouse.run('CREATE TEMP TABLE t AS SELECT 2 AS n')
      printLine(String((await warehouse.all('SELECT * FROM meta')).length))
      return 0
    }
    const writing = ask('write')
    await written.reached
    expect(await ask('read')).toMatchObject({ exit: 0, stdout: '0\n' })
    end.reach()
    expect(await writing).toMatchObject({ exit: 0 })
    expect(await ask('read')).toMatchObject({ exit: 0, stdout: '1\n' })
  })

  test('an error of a verb is told as by itself, and the next one runs', async () => {
    verbs.fails = async ({ session: own }) => {
      await (await own.warehouse()).run('SELECT no_such_column')
      return 0
    }
    const failed = await ask('fails')
    expect(failed).toMatchObject({ exit: 5, stdout: '' })
    expect(failed.stderr).toContain('no_such_column')
    expect(await ask('hello')).toMatchObject({ exit: 0, stdout: 'hello\n' })
  })

  test('an answer arrives whole, whatever its size and characters', async () => {
    const line = `\u2028${'ä'.repeat(1_000)}\u2029`
    verbs.long = async () => {
      for (let n = 0; n < 5_000; n++) printLine(line)
      return 3
    }
    const { exit, stdout } = await ask('long')
    expect({ exit, same: stdout === `${line}\n`.repeat(5_000) }).toEqual({ exit: 3, same: true })
  })

  test('when whoever asked is gone, its verb learns it at its next step, and the next one runs', async () => {
    const entered = new Moment()
    const learned = new Moment()
    verbs.endless = async ({ signal }) => {
      entered.reach()
      if (!signal.aborted) await once(signal, 'abort')
      learned.reach()
      return 0
    }
    const { hangUp } = askDeaf('endless')
    await entered.reached
    const next = await askInLine('hello')
    hangUp()
    await learned.reached
    expect(await next.asked).toMatchObject({ exit: 0, stdout: 'hello\n' })
  })

  test('who hangs up while waiting is never served', async () => {
    let served = 0
    verbs.counted = async () => {
      served++
      return 0
    }
    const first = occupant('first')
    await first.entered.reached
    for (let n = 0; n < 5; n++) {
      const { hangUp } = askDeaf('counted')
      await ask('read: the server has seen the one before')
      hangUp()
    }
    const last = await askInLine('counted')
    first.end.reach()
    await last.asked
    expect(served).toBe(1)
  })

  test('who does not read is cut off before it fills the memory', async () => {
    const learned = new Moment()
    verbs['read on'] = async ({ signal }) => {
      while (!signal.aborted) {
        printLine('x'.repeat(2 ** 20))
        await new Promise(setImmediate)
      }
      learned.reach()
      return 0
    }
    const { socket } = await open()
    socket.pause()
    const body = requestOf('read on')
    socket.write(`POST /verb HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    await learned.reached
    socket.destroy()
    expect(await ask('hello')).toMatchObject({ exit: 0 })
  })

  test('only so many wait; one more is told to come later', async () => {
    const first = occupant('first')
    await first.entered.reached
    const refused: Asked[] = []
    const allRefused = new Moment()
    const asked = Array.from({ length: TOO_MANY }, async () => {
      const answer = await ask('hello')
      if (answer.exit === 4 && refused.push(answer) === TOO_MANY - WAITING_MAX) allRefused.reach()
      return answer.exit
    })
    await allRefused.reached
    for (const { stderr } of refused) expect(stderr).toContain(`has ${WAITING_MAX} commands waiting already`)
    first.end.reach()
    expect((await Promise.all(asked)).filter((exit) => exit === 0)).toHaveLength(WAITING_MAX)
  })

  test.each(Object.entries(GARBAGE))('%s is answered with a refusal or the end of the connection', async (_, bytes) => {
    const { socket, closed } = await open()
    socket.resume().write(bytes, 'latin1')
    expect(await ask('hello')).toMatchObject({ exit: 0, stdout: 'hello\n' })
    // Also one that sends no more: the server does not wait for ever.
    await closed
    expect(await ask('hello')).toMatchObject({ exit: 0 })
  })

  test(`${CONNECTIONS} connections at once are too many; when they are gone all is as before`, async () => {
    const running = occupant('running')
    await running.entered.reached
    const opened = await Promise.all(Array.from({ length: CONNECTIONS }, open))
    await expect(ask('read')).rejects.toMatchObject({ retriable: true })
    for (const { socket } of opened) socket.destroy()
    await Promise.all(opened.map(({ closed }) => closed))
    running.end.reach()
    expect(await running.asked).toMatchObject({ exit: 0 })
    expect(await ask('hello')).toMatchObject({ exit: 0 })
  })

  describe('when it ends', () => {
    test('a verb comes to the end of its step; its answer arrives', async () => {
      const entered = new Moment()
      verbs.step = async ({ session: own, signal }) => {
        entered.reach()
        if (!signal.aborted) await once(signal, 'abort')
        await (await own.warehouse()).run("INSERT INTO meta VALUES ('the step', 'was done')")
        printLine('done')
        return 0
      }
      const asked = ask('step')
      await entered.reached
      const waits = await askInLine('hello')
      await server.stop()
      expect(await asked).toMatchObject({ exit: 0, stdout: 'done\n' })
      expect(await waits.asked).toMatchObject({ exit: 4, stderr: expect.stringContaining('is ending') })
      const warehouse = await session.warehouse()
      expect(await warehouse.all('SELECT name FROM meta')).toEqual([{ name: 'the step' }])
    })

    test('a verb that does not come to an end is rolled back', async () => {
      const entered = new Moment()
      verbs.endless = async ({ session: own }) => {
        const warehouse = await own.warehouse()
        await warehouse.transaction(async () => {
          await warehouse.run("INSERT INTO meta VALUES ('half', 'a step')")
          entered.reach()
          await warehouse.run('SELECT count(*) FROM range(10_000_000_000_000)')
        })
        return 0
      }
      const asked = ask('endless')
      await entered.reached
      await server.stop()
      expect(await asked).toMatchObject({ exit: expect.any(Number), stdout: '' })
      await session.close()
      const again = new Session({ config: session.config, verb: 'the next' })
      expect(await (await again.warehouse()).all('SELECT * FROM meta')).toEqual([])
      await again.close()
    })

    test('nobody listens afterwards: who asks runs the verb itself', async () => {
      await server.stop()
      expect(await ask('hello')).toMatchObject({ exit: undefined })
    })
  })
})
