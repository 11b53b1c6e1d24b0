import type { AddressInfo } from 'node:net'
import { connect, createServer, type Socket } from 'node:net'

/** A relay in front of a server that a test takes away and gives back. */
export interface TcpProxy {
  /** The server's URL, through the relay. */
  readonly url: string
  /** Breaks all connections and refuses new ones. */
  cut(): Promise<void>
  /** From now on passes on nothing, either way, and breaks nothing: as where a network swallows packets. */
  silence(): void
  /** Passes everything on again, over new connections. */
  heal(): Promise<void>
  close(): Promise<void>
}

export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let isSilent = false
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    return socket
  }
  const pass = (from: Socket, to: Socket) => {
    from.on('data', data => isSilent || to.write(data))
    from.on('close', () => isSilent || to.destroy())
  }
  const server = createServer(client => {
    keep(client)
    if (isSilent) return
    const upstream = keep(connect(Number(target.port), target.hostname))
    pass(client, upstream)
    pass(upstream, client)
  })
  const listen = (port: number) =>
    new Promise<void>(resolve => server.listen(port, '127.0.0.1', () => resolve()))
  await listen(0)
  const { port } = server.address() as AddressInfo
  const url = new URL(serverUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  const breakAll = () => {
    for (const socket of sockets) socket.destroy()
  }
  const cut = async () => {
    const closed = new Promise<void>(resolve => {
      if (server.listening) server.close(() => resolve())
      else resolve()
    })
    breakAll()
    await closed
  }
  return {
    url: url.href,
    cut,
    silence: () => {
      isSilent = true
    },
    heal: async () => {
      isSilent = false
      breakAll()
      if (!server.listening) await listen(port)
    },
    close: cut,
  }
}
