import { Buffer } from 'node:buffer'
import { createServer } from 'node:http'
import process from 'node:process'
import { WebSocketServer } from 'ws'

/**
 * What ours is compared with: sends a text that it is given to all sockets, or to those that a map has for a value, in a loop. It
 * reads nothing, knows no rights and forgets what it has sent.
 */
const all = new Set()
const byValue = new Map()

const sockets = new WebSocketServer({ noServer: true })
sockets.on('connection', (socket) => {
  const mine = new Set()
  all.add(socket)
  socket.on('message', (data) => {
    const { value } = JSON.parse(String(data))
    mine.add(value)
    byValue.set(value, (byValue.get(value) ?? new Set()).add(socket))
    socket.send('{"subscribed":true}')
  })
  socket.on('close', () => {
    all.delete(socket)
    mine.forEach(value => byValue.get(value)?.delete(socket))
  })
})

const http = createServer(async (request, response) => {
  const answer = value => response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  if (request.method === 'GET')
    return answer(state(request.url.includes('?gc')))
  const chunks = []
  for await (const chunk of request)
    chunks.push(chunk)
  answer(await publish(JSON.parse(Buffer.concat(chunks).toString())))
})
http.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, one => sockets.emit('connection', one)))
http.listen(Number(process.env.PORT), '127.0.0.1')

async function publish({ text, value, rows, gap }) {
  const at = Number(process.hrtime.bigint()) / 1e6
  const to = value === undefined ? all : byValue.get(value) ?? []
  for (let row = 0; row < rows.length; row++) {
    for (const socket of to)
      socket.send(text)
    if (gap > 0)
      await new Promise(resolve => setTimeout(resolve, gap))
  }
  return { at }
}

function state(wantsCollection) {
  const { user, system } = process.cpuUsage()
  if (wantsCollection)
    globalThis.gc?.()
  return { cpu: (user + system) / 1000, memory: process.memoryUsage() }
}

process.once('SIGUSR2', () => process.exit())
