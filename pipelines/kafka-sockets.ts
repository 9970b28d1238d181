import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'

const KEEP_ALIVE_MS = 60_000

/**
 * Makes the connections of one Kafka client and remembers them. When a broker dies under kafkajs 2.2.4 it forgets some that it
 * opened meanwhile: nobody ends those, and each keeps the process alive for as long as the broker lets it.
 */
export class KafkaSockets {
  readonly #open = new Set<Socket>()

  readonly open: ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const server = isIP(host) ? {} : { servername: host }
    const socket = ssl ? connectTls({ host, port, ...server, ...ssl }, onConnect) : connect({ host, port }, onConnect)
    socket.setKeepAlive(true, KEEP_ALIVE_MS)
    this.#open.add(socket)
    socket.once('close', () => this.#open.delete(socket))
    return socket
  }

  /** Ends what is still open; for when nobody uses the client any more. kafkajs gives up its timers when it is told of an error. */
  destroy(): void {
    for (const socket of this.#open) socket.destroy(new Error('This client was closed.'))
  }
}
