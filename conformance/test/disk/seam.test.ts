import { execFile } from 'node:child_process'
import { realpath } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { inFreshDirectory } from '../../src/running/fresh-directory.js'

const PROGRAM = fileURLToPath(new URL('./seam-program.js', import.meta.url))

interface Said {
  readonly failures: readonly string[]
  readonly incomplete?: string
  readonly flushes: number
  readonly failedFlushes: number
  readonly shortWrites: number
}

const run = (settings = {}): Promise<Said> =>
  inFreshDirectory(undefined, async (directory) => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      PROGRAM,
      await realpath(directory),
      JSON.stringify(settings),
    ])
    return JSON.parse(stdout) as Said
  })

describe('the seam in front of node:fs', function () {
  this.timeout(30_000)

  it('sees every change: what it saw, done again, leads to the same files', async () => {
    expect(await run()).to.deep.equal({ failures: [], flushes: 4, failedFlushes: 0, shortWrites: 0 })
  })

  it('lets the flush fail that it was told to', async () => {
    const { failures, failedFlushes } = await run({ failedFlush: 1 })
    expect(failures).to.have.length(1)
    expect(failures[0]).to.match(/^calls with callbacks: Error: EIO/)
    expect(failedFlushes).to.equal(1)
  })

  it('lets writes take half of their bytes, and sees what they took', async () => {
    const { failures, shortWrites, incomplete } = await run({ shortWriteEvery: 2 })
    expect(failures.join()).to.match(/^(?:calls with callbacks: Error: 4 bytes)?$/)
    expect(shortWrites).to.be.greaterThan(4)
    expect(incomplete).to.equal(undefined)
  })
})
