import type { LibSQLDatabase } from 'drizzle-orm/libsql'
import { comments, lists, todos, users } from './schema'

export const todoCount = 10_000

/** Fills an empty database, the same way each time. All rows or none. */
export async function seed(db: LibSQLDatabase, onProgress: (message: string) => void): Promise<void> {
  const todoRows = Array.from({ length: todoCount }, (_, i) => todoAt(i))
  const commentRows = todoRows.flatMap((_, i) => commentsOf(i))
  await db.transaction(async (tx) => {
    await tx.insert(users).values(people.map(([name, role]) => ({ name, role, email: `${name.toLowerCase().replace(/[^a-z]+/g, '.')}@example.com` })))
    await tx.insert(lists).values(listRows)
    for (const rows of chunks(todoRows)) {
      await tx.insert(todos).values(rows)
      onProgress(`${rows.at(-1)!.id.toLocaleString('en')} of ${todoCount.toLocaleString('en')} todos`)
    }
    for (const rows of chunks(commentRows))
      await tx.insert(comments).values(rows)
  })
}

type Role = typeof users.$inferSelect['role']

const people: [name: string, role: Role][] = [
  ['Ada Lindqvist', 'Engineering'], ['Bruno Carvalho', 'Design'], ['Chidi Okafor', 'Product'], ['Dana Whitfield', 'Operations'],
  ['Emre Yildiz', 'Engineering'], ['Farah Haddad', 'Product'], ['Greta Neumann', 'Design'], ['Hiro Tanaka', 'Engineering'],
  ['Ines Moreau', 'Operations'], ['Jonas Berg', 'Engineering'], ['Kavya Raman', 'Product'], ['Liam Gallagher', 'Operations'],
  ['Mei Chen', 'Engineering'], ['Nadia Petrova', 'Design'], ['Omar Farouk', 'Engineering'], ['Paula Jimenez', 'Product'],
  ['Quinn Harper', 'Operations'], ['Rosa Bianchi', 'Design'], ['Sven Johansson', 'Engineering'], ['Tara Novak', 'Operations'],
  ['Umut Demir', 'Engineering'], ['Vera Kowalski', 'Product'], ['Wim de Vries', 'Engineering'], ['Yara Santos', 'Design'],
]

const listRows = [
  ['Product launch', 'i-lucide-rocket'], ['Website', 'i-lucide-globe'], ['Mobile app', 'i-lucide-smartphone'], ['Customer care', 'i-lucide-life-buoy'],
  ['Hiring', 'i-lucide-user-plus'], ['Office move', 'i-lucide-truck'], ['Finance', 'i-lucide-landmark'], ['Events', 'i-lucide-calendar-heart'],
].map(([name, icon], position) => ({ name: name!, icon, position }))

const verbs = [
  'Review', 'Draft', 'Plan', 'Update', 'Check', 'Present', 'Rewrite', 'Archive', 'Translate', 'Print', 'Approve', 'Compare', 'Share',
  'Discuss', 'Estimate', 'Finish', 'Illustrate', 'Label', 'Measure', 'Organise', 'Prepare', 'Publish', 'Reorder', 'Simplify', 'Test',
]
const things = [
  'the pricing page', 'the welcome email', 'the floor plan', 'the budget', 'the press kit', 'the sign-up form', 'the annual report', 'the road map',
  'the interview guide', 'the invoice template', 'the help centre', 'the demo script', 'the release notes', 'the seating chart', 'the privacy notice', 'the icon set',
  'the search page', 'the travel policy', 'the product tour', 'the colour palette', 'the job posting', 'the survey', 'the checkout', 'the newsletter',
  'the packing list', 'the guest list', 'the settings screen', 'the contract', 'the inventory', 'the onboarding kit', 'the keynote', 'the status page',
  'the error messages', 'the photo library', 'the feedback form', 'the training plan', 'the expense sheet', 'the style guide', 'the map', 'the backup plan',
]
const endings = ['', ' for new customers', ' with the team', ' before the launch', ' for the spring', ' with legal', ' for the Lisbon office', ' after the review', ' for partners', ' once more']

const remarks = [
  'I can take this one on Thursday.', 'Do we have numbers for that yet?', 'Looks good to me. One small thing: the second paragraph repeats the first.',
  'Waiting for an answer from the agency.', 'The last version is in the shared folder.', 'Could we move this to next week?', 'Done on my side, please check.',
  'I would leave the old one in place until we have heard back.', 'Nice work!', 'Let us talk about it in the stand-up.', 'This needs a second pair of eyes.', 'Who decides this in the end?',
]

const minute = 60_000
const start = Date.UTC(2026, 0, 5, 8)

function todoAt(i: number) {
  // Coprime with the number of combinations: every title is there once, in no visible order.
  const title = (i * 7919) % todoCount
  const random = numbers(i)
  const created = start + Math.floor(i / 2) * 19 * minute
  const completed = random() < 0.4
  return {
    id: i + 1,
    title: verbs[title % 25]! + ' ' + things[Math.floor(title / 25) % 40]! + endings[Math.floor(title / 1000)]!,
    listId: 1 + Math.floor(random() * listRows.length),
    assigneeId: random() < 0.75 ? 1 + Math.floor(random() * people.length) : null,
    completed,
    priority: Math.floor(random() ** 2 * 4),
    dueAt: random() < 0.6 ? new Date(Math.floor(created / 86_400_000) * 86_400_000 + Math.floor(3 + random() * 40) * 1440 * minute) : null,
    createdAt: new Date(created),
    updatedAt: completed ? new Date(created + 1440 * minute) : null,
  }
}

function commentsOf(i: number) {
  const random = numbers(i + todoCount)
  return Array.from({ length: Math.floor(random() ** 2 * 4) }, (_, n) => ({
    todoId: i + 1,
    authorId: 1 + Math.floor(random() * people.length),
    body: remarks[Math.floor(random() * remarks.length)]!,
    createdAt: new Date(start + Math.floor(i / 2) * 19 * minute + (n + 1) * 47 * minute),
  }))
}

/** Repeatable numbers from 0 to 1 (mulberry32). */
function numbers(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9E3779B1)
  return () => {
    state = state + 0x6D2B79F5 | 0
    let t = Math.imul(state ^ state >>> 15, state | 1)
    t ^= t + Math.imul(t ^ t >>> 7, t | 61)
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32
  }
}

function chunks<T>(rows: T[], size = 2000): T[][] {
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => rows.slice(i * size, (i + 1) * size))
}
