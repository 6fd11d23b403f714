import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'

const README = new URL('../../../README.md', import.meta.url)
const MAX_LINES_OF_USE = 12

/** From here the packages are found. */
const PLACE = fileURLToPath(new URL('.', import.meta.url))

describe('the README', function () {
  this.timeout(30_000) // A process of its own, with a log on the disk.

  const readme = readFileSync(README, 'utf8')
  const code = /```js\n(.*?)```/s.exec(readme)?.[1] ?? ''

  it(`shows the use of a log in ${MAX_LINES_OF_USE} lines`, () => {
    expect(code.trimEnd().split('\n')).to.have.length.within(1, MAX_LINES_OF_USE)
  })

  it('shows a program that runs, and that prints what it says', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'plog-'))
    const file = join(PLACE, `readme-${process.pid}.mjs`)
    writeFileSync(file, code)
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: directory })
      expect(stdout).to.equal('set x = 42\nslot 0 is decided\n')
    } finally {
      rmSync(file)
      rmSync(directory, { recursive: true })
    }
  })

  it('names only commands that exist', () => {
    const manifest = readFileSync(new URL('package.json', README), 'utf8')
    const { scripts } = JSON.parse(manifest) as { scripts: Record<string, string> }
    const contributing = readFileSync(new URL('CONTRIBUTING.md', README), 'utf8')
    const named = `${readme}${contributing}`.matchAll(/npm run ([\w:-]*\w)/g)
    for (const [, name = ''] of named) expect(scripts).to.have.property(name)
  })

  it('links only to what is there', () => {
    for (const [, target = ''] of readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      expect(() => readFileSync(new URL(target, README))).not.to.throw(/ENOENT/)
    }
  })
})
