import type { Dialect } from './model'

/**
 * A matcher for a LIKE pattern, without RegExp (whose backtracking a pattern from a stranger could
 * abuse). `%` stands for any run of characters, `_` for one code point. PostgreSQL and MySQL take a
 * backslash as escape, SQLite has none. Case is that of ASCII letters: SQLite always ignores it, and
 * PostgreSQL where it is told to and compares by bytes; what depends on a collation is not asked here
 * (`isServerSide`). SQLite reads U+FFFE and U+FFFF as U+FFFD.
 */
export function compileLike(pattern: string, dialect: Dialect, insensitive: boolean): (text: string) => boolean {
  const fold = foldFor(dialect, insensitive)
  const tokens = tokenize(fold(pattern), dialect !== 'sqlite')
  return text => matches(Array.from(fold(text)), tokens)
}

const any = Symbol('%')
const one = Symbol('_')
type Token = string | typeof any | typeof one

function foldFor(dialect: Dialect, insensitive: boolean): (text: string) => string {
  const fold = (text: string) => text.replace(/[A-Z]+/g, letters => letters.toLowerCase())
  if (dialect === 'sqlite')
    return text => fold(text).replace(/[\uFFFE\uFFFF]/g, '\uFFFD')
  return insensitive ? fold : text => text
}

function tokenize(pattern: string, escapes: boolean): Token[] {
  const tokens: Token[] = []
  const characters = Array.from(pattern)
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i]!
    if (escapes && character === '\\' && i + 1 < characters.length)
      tokens.push(characters[++i]!)
    else if (character !== '%')
      tokens.push(character === '_' ? one : character)
    else if (tokens.at(-1) !== any)
      tokens.push(any)
  }
  return tokens
}

/** Greedy with one point of return, the last `%`: time is at most the product of both lengths. */
function matches(text: string[], tokens: Token[]): boolean {
  let t = 0
  let p = 0
  let anyAt = -1
  let resumeAt = 0
  while (t < text.length) {
    const token = tokens[p]
    if (token === any) {
      anyAt = p++
      resumeAt = t
    }
    else if (p < tokens.length && (token === one || token === text[t])) {
      p++
      t++
    }
    else if (anyAt >= 0) {
      p = anyAt + 1
      t = ++resumeAt
    }
    else {
      return false
    }
  }
  while (tokens[p] === any)
    p++
  return p === tokens.length
}
