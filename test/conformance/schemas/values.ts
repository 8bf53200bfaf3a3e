/* Values that are easily lost on the way to a database or back, in wire form. */

export const texts = [
  '', ' ', '  before and after  ', 'null', 'NULL', 'undefined', '0', 'true', '\t\r\n', '\'"`\\', '%_*?', '$1 ? :name @p {}', '\'); drop table kinds; --', '/* */', '\u0001\u001F\u007F', 'x\uFEFF',
  'é', 'e\u0301', 'ß ŉ ﬀ', 'עברית ‮x', '日本語', '\u2028\u2029', '\uFFFF', '😀👩‍👩‍👧‍👦🇪🇺', '\u{10FFFF}', `${'x'.repeat(60_000)}😀`,
]

export const doubles = [0, 0.1, 0.1 + 0.2, -1.5, 1 / 3, 1e21, 123456789.12345679, 9007199254740991, 1e-300, 2.2250738585072014e-308, 1.7976931348623157e308, -1.7976931348623157e308]

/** JSON, but for `null`, which is that of the column. */
export const documents = [
  {}, [], '', 'text', '"1"', 'null', '{"a":1}', 0, 1, -1.5, 1e21, true, false, [null], [[], [[]]], { a: null, b: [1, 'x', { c: {} }] }, { '': 0, ' ': 1, 'a.b': 2, '$': 3, '\'"\\': 4 },
  { 'constructor': 1, 'toString': 'x', '😀': 'é\n' }, JSON.parse('{"__proto__":{"polluted":true}}'), nested(15), Array.from({ length: 1000 }, (_, i) => i),
]

export const blobs = ['', 'AA==', 'AAA=', 'AP8Q', btoa(String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i))), btoa('\0'.repeat(60_000))]

/** Those that every type of a whole day and time to the millisecond can hold. */
export const instants = ['0001-01-01T00:00:00.000Z', '1582-10-10T00:00:00.000Z', '1969-12-31T23:59:59.999Z', '1970-01-01T00:00:00.000Z', '2024-02-29T12:00:00.001Z', '9999-12-31T23:59:59.999Z']

export function nested(depth: number): unknown {
  return depth > 0 ? { in: [nested(depth - 1)] } : 'there'
}
