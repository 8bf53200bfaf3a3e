import { Buffer } from 'node:buffer'
import { connect } from 'node:net'

const endOfHead = Buffer.from('\r\n\r\n')

/**
 * A WebSocket that does as little as possible, so that thousands of them take little of a processor that the server may need. It takes
 * what servers send: text that is not masked, in one piece. `onText` gets bytes that are only valid while it runs.
 */
export function openSocket(port, path, onText, onClose) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    let isOpen = false
    let rest
    socket.on('error', reject)
    socket.on('close', () => (isOpen ? onClose() : reject(new Error('The server refused a connection.'))))
    socket.on('connect', () => socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`))
    socket.on('data', (chunk) => {
      let bytes = rest ? Buffer.concat([rest, chunk]) : chunk
      rest = undefined
      if (!isOpen) {
        const end = bytes.indexOf(endOfHead)
        if (end < 0)
          return void (rest = bytes)
        if (bytes.latin1Slice(9, 12) !== '101')
          return reject(new Error(`The server answered: ${bytes}`))
        isOpen = true
        resolve({ send: text => socket.write(frameOf(text)), close: () => socket.destroy() })
        bytes = bytes.subarray(end + endOfHead.length)
      }
      const left = read(bytes, onText)
      // A copy: the chunk is a slice of a large buffer.
      rest = left.length > 0 ? Buffer.from(left) : undefined
    })
  })
}

/** Gives what is left of a frame that is not complete. */
function read(bytes, onText) {
  let at = 0
  while (bytes.length - at >= 2) {
    let length = bytes[at + 1] & 127
    const head = length < 126 ? 2 : length === 126 ? 4 : 10
    if (bytes.length - at < head)
      break
    if (head > 2)
      length = head === 4 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    const end = at + head + length
    if (bytes.length < end)
      break
    if ((bytes[at] & 15) === 1)
      onText(bytes.subarray(at + head, end))
    at = end
  }
  return bytes.subarray(at)
}

/** Masked with zeros, which is allowed and leaves the text as it is. */
function frameOf(text) {
  const body = Buffer.from(text)
  if (body.length < 126)
    return Buffer.concat([Buffer.from([0x81, 0x80 | body.length, 0, 0, 0, 0]), body])
  return Buffer.concat([Buffer.from([0x81, 0xFE, body.length >> 8, body.length & 255, 0, 0, 0, 0]), body])
}
