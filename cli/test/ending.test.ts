import { spawnSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { temporaryDirectory } from './support.js'

const BIN = fileURLToPath(new URL('../../bin/plog.js', import.meta.url))
const MEMORY = import.meta.resolve('@persistent-log/backend-memory')

describe('the process of plog', function () {
  this.timeout(60_000)
  const place = temporaryDirectory()

  /** Examines a backend that is the one in memory, but for this in its `open`; `opened` counts those before. */
  function examine(open: string, ...more: readonly string[]) {
    const file = join(place.path, 'odd.mjs')
    writeFileSync(
      file,
      `import { backend as memory } from ${JSON.stringify(MEMORY)}
      let opened = 0
      export const backend = {
        ...memory,
        name: 'odd',
        async open(context) {
          ${open}
          opened++
          return memory.open(context)
        },
      }`,
    )
    const argv = [BIN, 'conformance', file, '--only', 'cfg.replace', '--json', report(), ...more]
    return spawnSync(process.execPath, argv, { encoding: 'utf8', timeout: 50_000 })
  }
  const report = (): string => join(place.path, 'report.json')

  it('ends when the command does, whatever a backend leaves behind that keeps it alive', () => {
    const { status, stdout, stderr } = examine('setInterval(() => undefined, 1_000)')
    expect(status, stderr).to.equal(0)
    expect(stdout).to.match(/\n1 passed, 0 failed, 0 skipped\n$/)
    expect(existsSync(report())).to.equal(true)
  })

  it('fails where a backend ends it at once, and says when that was', () => {
    const { status, stdout, stderr } = examine('process.exit(0)')
    expect([status, stdout]).to.deep.equal([1, ''])
    expect(stderr).to.include('the process ended while opening a log of odd')
    expect(existsSync(report())).to.equal(false)
  })

  it('fails where a backend ends it in a case, and names the case', () => {
    const { status, stderr } = examine('if (opened > 0) process.exit(0)')
    expect(status).to.equal(1)
    expect(stderr).to.include('the process ended while cfg.replace examined memory')
    expect(existsSync(report())).to.equal(false)
  })

  it('fails where a backend leaves it nothing to wait for', () => {
    const file = join(place.path, 'never.mjs')
    writeFileSync(file, 'await new Promise(() => undefined)')
    const { status, stderr } = spawnSync(process.execPath, [BIN, 'conformance', file], { encoding: 'utf8' })
    expect(status).to.equal(1)
    expect(stderr).to.include('plog: something ended the process before the command had ended')
  })

  it('names the backend and the step where what it throws says nothing', () => {
    const { status, stderr } = examine("throw 'no device'")
    expect(status).to.equal(1)
    expect(stderr).to.include('opening a log of odd failed: no device')
  })
})
