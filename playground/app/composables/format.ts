export const priorities = [
  { label: 'No priority', value: 0, icon: 'i-lucide-minus', class: 'text-muted' },
  { label: 'Low', value: 1, icon: 'i-lucide-flag', class: 'text-muted' },
  { label: 'Medium', value: 2, icon: 'i-lucide-flag', class: 'text-warning' },
  { label: 'High', value: 3, icon: 'i-lucide-flag', class: 'text-error' },
] as const

// One locale and one time zone, so that server and browser write the same.
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' })
const moment = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', timeZone: 'UTC' })

export function formatDay(date: Date): string {
  return day.format(date)
}

export function formatMoment(date: Date): string {
  return moment.format(date)
}
