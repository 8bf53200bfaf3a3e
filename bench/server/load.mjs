import { connect } from 'node:net'

const endOfHead = '\r\n\r\n'

/**
 * Asks a server over connections that stay open, one request at a time on each. Answers are not parsed,
 * so that the client takes as little as possible of a processor that the server may need.
 * @param {number} port
 * @param {number} connections
 */
export async function createLoad(port, connections) {
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(port)))
  return {
    /**
     * @param {(i: number) => string} requestOf - the text of each request
     * @param {number} milliseconds - no request is begun after this time
     * @returns {Promise<number>} answers per second
     */
    async run(requestOf, milliseconds) {
      const begin = performance.now()
      let count = 0
      await Promise.all(open.map(async (connection) => {
        while (performance.now() - begin < milliseconds)
          await connection.ask(requestOf(count++))
      }))
      return count / (performance.now() - begin) * 1000
    },
    close: () => open.forEach(connection => connection.close()),
  }
}

/** The text of a request. */
export function request(method, path, body) {
  const text = body === undefined ? '' : JSON.stringify(body)
  const type = body === undefined ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`
  return `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${type}\r\n${text}`
}

/** `ask` sends the text of a request and resolves once it is answered; one at a time. */
export function openConnection(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let settle
    let fail = reject
    let chunks = []
    let missing = -1
    const ask = text => new Promise((done, failed) => {
      settle = done
      fail = failed
      socket.write(text)
    })
    socket.on('connect', () => resolve({ ask, close: () => socket.destroy() }))
    socket.on('error', error => fail(error))
    socket.on('close', () => fail(new Error('The server closed the connection.')))
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      missing = missing < 0 ? missingOf(chunks) : missing - chunk.length
      if (missing !== 0)
        return
      const [first] = chunks
      chunks = []
      missing = -1
      if (first.latin1Slice(9, 12) === '200')
        settle()
      else
        fail(new Error(`The server answered: ${first.toString()}`))
    })
  })
}

/** Bytes of the answer that are yet to come, or -1 where its head is incomplete. */
function missingOf(chunks) {
  const bytes = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)
  const head = bytes.indexOf(endOfHead)
  if (head < 0)
    return -1
  const [, length] = /\r\ncontent-length: (\d+)/i.exec(bytes.latin1Slice(0, head)) ?? []
  if (length === undefined)
    throw new Error('An answer has no content-length.')
  return head + endOfHead.length + Number(length) - bytes.length
}
