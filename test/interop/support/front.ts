import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { connect } from 'node:net'
import { extname, join } from 'pathe'

export interface ApiRequest { method: string, path: string, body?: unknown, headers?: Record<string, string> }

/** One origin for a page and our server. */
export interface Front {
  url: string
  /** Ends all WebSockets, and refuses new ones until `up`. */
  down: () => void
  up: () => void
  close: () => void
}

const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' }

/**
 * Serves the page from a folder, and passes on what it asks of the API and its WebSocket. Frames go through as they are. Requests don't: the published
 * client writes queries and bodies in a format of its own (superjson), which is taken off here. `onChange` is told of each that changes something.
 */
export async function createFront(folder: string, port: number, onChange: (request: ApiRequest) => void): Promise<Front> {
  const sockets = new Set<Socket>()
  let isDown = false
  const http = createServer(async (request, response) => {
    try {
      const url = new URL(request.url!, 'http://localhost')
      const method = request.method!
      if (!url.pathname.startsWith('/api/')) {
        const file = extname(url.pathname) ? url.pathname : 'index.html'
        const content = await readFile(join(folder, file)).catch(() => undefined)
        return void response.writeHead(content ? 200 : 404, { 'content-type': types[extname(file)] ?? 'text/plain' }).end(content)
      }
      const query = plain(url.searchParams.get('superjson')) as Record<string, unknown> | null
      const path = `${url.pathname}?${new URLSearchParams(Object.entries(query ?? {}).map(([name, value]) => [name, JSON.stringify(value)]))}`
      const text = await textOf(request)
      const body = text ? plain(text) : undefined
      if (method !== 'GET')
        onChange({ method, path: url.pathname.slice('/api/rstore/'.length), body })
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: body === undefined ? {} : { 'content-type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) })
      response.writeHead(answer.status, { 'content-type': 'application/json' }).end(await answer.text())
    }
    catch (error) {
      response.writeHead(500).end(String(error))
    }
  })
  http.on('upgrade', ({ method, url, rawHeaders }: IncomingMessage, near: Socket, head: Buffer) => {
    if (isDown)
      return near.destroy()
    const far = connect(port, '127.0.0.1')
    const headers = Array.from({ length: rawHeaders.length / 2 }, (_, i) => `${rawHeaders[i * 2]}: ${rawHeaders[i * 2 + 1]}\r\n`)
    far.write(`${method} ${url} HTTP/1.1\r\n${headers.join('')}\r\n`)
    far.write(head)
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => {}).on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
    }
  })
  await once(http.listen(0, '127.0.0.1'), 'listening')
  const { port: own } = http.address() as { port: number }
  return {
    url: `http://127.0.0.1:${own}`,
    down() {
      isDown = true
      sockets.forEach(socket => socket.destroy())
    },
    up() {
      isDown = false
    },
    close() {
      http.closeAllConnections()
      sockets.forEach(socket => socket.destroy())
      http.close()
    },
  }
}

/** What a text of superjson holds, where that is nothing but JSON and values that are not there. */
function plain(text: string | null): unknown {
  if (text === null)
    return undefined
  const { json, meta } = JSON.parse(text) as { json: unknown, meta?: { values: Record<string, string[]> | string[] } }
  if (Array.isArray(meta?.values))
    return undefined
  const missing = Object.keys(meta?.values ?? {})
  return typeof json === 'object' && json !== null ? Object.fromEntries(Object.entries(json).filter(([name]) => !missing.includes(name))) : json
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request.setEncoding('utf8'))
    text += chunk
  return text
}
