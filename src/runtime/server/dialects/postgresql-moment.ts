const written = /^(\d{4,6})-(\d\d)-(\d\d)[ T](\d\d:\d\d:\d\d(?:\.\d+)?)(?:Z|([+-])(\d\d)(?::?(\d\d)(?::(\d\d))?)?)?( BC)?$/

/**
 * Milliseconds of a moment as PostgreSQL writes it, in UTC where it names no offset; `NaN` for infinities.
 * `Date.parse` takes the years of this form before 100 for others, and no offset with seconds, as places had once.
 */
export function parseMoment(text: string): number {
  const [, year, month, day, time, sign, hours = '0', minutes = '0', seconds = '0', before] = written.exec(text) ?? []
  if (year === undefined)
    return Number.NaN
  const offset = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * (sign === '-' ? -1000 : 1000)
  const digits = before ? `-${String(Number(year) - 1).padStart(6, '0')}` : `+${year.padStart(6, '0')}`
  return Date.parse(`${digits.replace('-000000', '+000000')}-${month}-${day}T${time}Z`) - offset
}
