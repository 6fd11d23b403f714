import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { suspects } from '../src/mutants/suspects.js'
import { allCases } from '../src/suites/index.js'
import { TRACK_RECORD } from './track-record.js'

const REPOSITORY = new URL('../../../', import.meta.url)

const readme = readFileSync(new URL('conformance/README.md', REPOSITORY), 'utf8')

describe('the track record', () => {
  it('names cases that there are, and what shows each bug', () => {
    expect(allCases.map(({ id }) => id)).to.include.members(TRACK_RECORD.map((found) => found.case))
    for (const { shownBy, case: id } of TRACK_RECORD) {
      const isFile = shownBy.includes('/') && existsSync(new URL(shownBy, REPOSITORY))
      const isPair = suspects.some(({ name, caughtBy }) => name === shownBy && caughtBy.includes(id))
      expect(isFile || isPair, shownBy).to.equal(true)
    }
  })

  it('stands in the README as it is kept', () => {
    const rows = TRACK_RECORD.map(({ bug, engine, case: id, shownBy }) => {
      const link = shownBy.includes('/') ? `[a test](../${shownBy})` : `\`${shownBy}\``
      return `| ${bug} | ${engine} | \`${id}\` | ${link} |`
    })
    expect(readme).to.include(rows.join('\n'))
  })
})
