import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** Writes a backend whose `open` does this and nothing else, and returns where it is. */
export function oddBackend(place: string, open: string): URL {
  const file = join(place, 'odd.mjs')
  writeFileSync(
    file,
    `const options = { safeParse: () => ({ success: true, data: {} }) }
    export const backend = {
      name: 'odd', summary: 'odd', needsDirectory: true, options,
      async open() { ${open} },
    }`,
  )
  return pathToFileURL(file)
}
