// Writes docs/errors.md from the catalogue; with --check, only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { errorCatalogue } from '../src/runtime/shared/errors.ts'

const file = new URL('errors.md', import.meta.url)
const rows = Object.entries(errorCatalogue).map(([code, { status, why }]) => `| <a id="${code}"></a>\`${code}\` | ${status || '–'} | ${why} |`)
const text = `# Errors

Every failure that an app can meet has a code. Codes are permanent: new ones may come, but none is renamed or given another
meaning.

On the wire an error is JSON with the HTTP status of its code:

\`\`\`json
{
  "statusCode": 400,
  "statusMessage": "Bad Request",
  "message": "\\"title\\" must be a string, not 5.",
  "data": { "code": "RSTORE_INVALID_VALUE", "field": "title", "collection": "todos" }
}
\`\`\`

In the app it is an \`RstoreError\` with \`code\`, \`message\`, \`statusCode\`, \`field\`, \`collection\` and \`data\`. Tell errors apart by
\`error.code\`, not with \`instanceof\`: server and browser each have a copy of the class. What an app throws itself, with
\`createError\` in a middleware say, keeps the status, message and data it was given. It arrives with its own \`data.code\`, or without
one as \`RSTORE_REJECTED\`, or as \`RSTORE_NOT_FOUND\` if the status is 404.

The status is that of the server's answer. Where the app itself raises the error, before anything is sent, \`statusCode\` is 0;
a dash stands for codes that only exist there.

| code | status | meaning |
|---|---|---|
${rows.join('\n')}

This page is generated: change \`src/runtime/shared/errors.ts\`, then run \`npm run docs\`.
`

if (process.argv.includes('--check')) {
  if (readFileSync(file, 'utf8') !== text) {
    console.error('docs/errors.md is out of date: run npm run docs.')
    process.exit(1)
  }
}
else {
  writeFileSync(file, text)
}
