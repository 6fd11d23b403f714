import { buildSqlite } from './build-sqlite.js'
import { SQLITE } from './open-subject.js'

/** Gets ready what is not there after an installation; tells for each subject that cannot be had why, and returns that. */
export async function prepareSubjects(
  names: readonly string[],
  say: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const unavailable = new Map<string, string>()
  if (names.includes(SQLITE)) {
    const reason = await buildSqlite(say)
    if (reason !== undefined) unavailable.set(SQLITE, reason)
  }
  for (const [name, reason] of unavailable) say(`LEFT OUT ${name}: ${reason}`)
  return unavailable
}
