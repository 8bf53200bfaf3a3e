import { writeFileSync } from 'node:fs'

/**
 * One measured figure. Every bench reports these, one JSON object per line.
 * @typedef {{ bench: string, case: string, n: number, subject: string, value: number, unit: string }} Figure
 */

/** Gathers the figures of repeated runs. Medians are what is reported. */
export function createReport() {
  /** @type {Map<string, Figure & { values: number[], capped: boolean }>} */
  const series = new Map()

  return {
    /** @param {Figure & { capped?: boolean }} figure - `capped`: a time cap cut the measurement short */
    add({ value, capped = false, ...what }) {
      const id = idOf(what)
      const known = series.get(id) ?? { ...what, value, values: [], capped: false }
      known.values.push(value)
      known.value = median(known.values)
      known.capped ||= capped
      series.set(id, known)
    },

    /** Median of a case, or `undefined` where it was not measured. */
    value(name, n, subject) {
      return [...series.values()].find(one => one.case === name && one.n === n && one.subject === subject)?.value
    },

    /** Marks a figure as cut short. */
    cap(what) {
      series.get(idOf(what)).capped = true
    },

    /** @returns {(Figure & { values: number[], capped: boolean })[]} each with the values of its runs */
    figures: () => [...series.values()],

    /** Writes one `{ bench, case, n, subject, value, unit }` per line. */
    writeJson(file) {
      const lines = [...series.values()].map(({ bench, case: name, n, subject, value, unit }) =>
        JSON.stringify({ bench, case: name, n, subject, value, unit }))
      writeFileSync(file, `${lines.join('\n')}\n`)
    },
  }
}

/**
 * A table for people: one block per case, a line per size, a column per subject. Each cell is the
 * median, with the smallest and the greatest run; `*` where a time cap cut it short.
 * @param {(Figure & { values: number[], capped: boolean })[]} figures
 * @returns {string} lines for standard output
 */
export function formatTable(figures) {
  const blocks = distinct(figures.map(figure => figure.case)).map((name) => {
    const ofCase = figures.filter(figure => figure.case === name)
    const subjects = distinct(ofCase.map(figure => figure.subject))
    const lines = distinct(ofCase.map(figure => figure.n)).sort((a, b) => a - b).map(n =>
      [formatCount(n), ...subjects.map(subject => formatCell(ofCase.find(figure => figure.n === n && figure.subject === subject)))])
    return [`${name} (${ofCase[0].unit})`, alignColumns([['rows', ...subjects], ...lines])].join('\n')
  })
  const capped = figures.some(figure => figure.capped) ? ['* cut short by a time cap: the median of what ran'] : []
  return [...blocks, ...capped].join('\n\n')
}

/**
 * Compares a figure with what it is expected to be at most. Printed, never thrown: a bench measures.
 * @param {string} what
 * @param {number | undefined} value
 * @param {number} limit
 */
export function formatExpectation(what, value, limit) {
  if (value === undefined || !Number.isFinite(value))
    return `----  ${what}: not measured (expected at most ${formatNumber(limit)})`
  return `${value <= limit ? 'pass' : 'FAIL'}  ${what}: ${formatNumber(value)} (expected at most ${formatNumber(limit)})`
}

/** @param {readonly number[]} values - at least one */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export const formatCount = n => n.toLocaleString('en-US')

/** Three significant digits, without an exponent. */
export function formatNumber(value) {
  if (value >= 100)
    return formatCount(Math.round(value))
  return value === 0 ? '0' : value.toFixed(Math.min(4, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))))
}

function formatCell(figure) {
  if (!figure)
    return ''
  const spread = figure.values.length > 1 ? ` [${formatNumber(Math.min(...figure.values))}-${formatNumber(Math.max(...figure.values))}]` : ''
  return `${formatNumber(figure.value)}${figure.capped ? '*' : ''}${spread}`
}

function alignColumns(lines) {
  const widths = lines[0].map((_, column) => Math.max(...lines.map(line => line[column].length)))
  return lines.map(line => `  ${line.map((cell, column) => column ? cell.padEnd(widths[column]) : cell.padStart(widths[0])).join('  ').trimEnd()}`).join('\n')
}

const idOf = what => [what.bench, what.case, what.n, what.subject].join('|')

const distinct = values => [...new Set(values)]
