import type { BenchReport } from '../harness/measures.js'
import { README_TABLES } from './readme-tables.js'

const MARKED = /(<!-- bench: ([\w-]+) -->\n)[^]*?(<!-- end of bench -->)/g

/**
 * A README with each text between `<!-- bench: name -->` and `<!-- end of bench -->` made anew. Throws over a name that
 * no table has.
 */
export function withTables(readme: string, report: BenchReport | undefined): string {
  return readme.replace(MARKED, (_all, begin: string, name: string, end: string) => {
    const table = README_TABLES.get(name)
    if (table === undefined) {
      const known = [...README_TABLES.keys()].join(', ')
      throw new Error(`there is no table "${name}" for a README; allowed are ${known}`)
    }
    return `${begin}${table(report)}\n${end}`
  })
}
