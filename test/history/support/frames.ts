import { Buffer } from 'node:buffer'

/** A part of one direction of a WebSocket: the request or answer that opens it, or one frame. */
export interface Piece { bytes: Buffer, isMessage: boolean }

/** Takes what arrives and gives what is complete. */
export function createSplitter(): (chunk: Buffer) => Piece[] {
  let rest = Buffer.alloc(0)
  let isOpen = false
  return (chunk) => {
    rest = Buffer.concat([rest, chunk])
    const pieces: Piece[] = []
    for (;;) {
      const size = isOpen ? frameSize(rest) : headSize(rest)
      if (size === undefined || rest.length < size)
        return pieces
      pieces.push({ bytes: rest.subarray(0, size), isMessage: isOpen })
      rest = rest.subarray(size)
      isOpen = true
    }
  }
}

function headSize(bytes: Buffer): number | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  return end < 0 ? undefined : end + 4
}

/** Header, mask of what clients send, and payload. */
function frameSize(bytes: Buffer): number | undefined {
  if (bytes.length < 2)
    return undefined
  const mask = bytes[1]! & 0x80 ? 4 : 0
  const short = bytes[1]! & 0x7F
  if (short < 126)
    return 2 + mask + short
  if (bytes.length < 10)
    return short === 126 && bytes.length >= 4 ? 4 + mask + bytes.readUInt16BE(2) : undefined
  return short === 126 ? 4 + mask + bytes.readUInt16BE(2) : 10 + mask + Number(bytes.readBigUInt64BE(2))
}
