import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { KafkaSockets } from '../../pipelines/kafka-sockets.ts'

let server: Server
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(() => void server.close())

// Against a real broker that is killed: test/faults, whose ingesters have to end when they are told to.
test('a connection that kafkajs forgot is ended, and kafkajs is told', async () => {
  const { port } = server.address() as AddressInfo
  const sockets = new KafkaSockets()
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const client = sockets.open({ host: '127.0.0.1', port, ssl: undefined as never, onConnect: () => undefined })
  const told = once(client, 'error') as Promise<[Error]>
  const [socket] = await accepted
  socket.on('error', () => undefined) // a reset is an end too
  const ended = once(socket.resume(), 'close')
  sockets.destroy()
  await ended
  expect((await told)[0].message).toBe('This client was closed.')
  expect(client.destroyed).toBe(true)
})
