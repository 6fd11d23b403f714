import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { expect } from 'chai'
import { inScratchDirectory } from '../src/cli/scratch-directory.js'
import { fixture, inDirectory } from './support.js'

describe('the directory of a run', function () {
  this.timeout(30_000)

  it('goes when the run is over, and when it fails', () =>
    inDirectory(async (parent) => {
      const used = await inScratchDirectory(parent, async (directory) => {
        expect(existsSync(directory)).to.equal(true)
        return directory
      })
      expect(existsSync(used)).to.equal(false)
      const failed: unknown = await inScratchDirectory(parent, () => Promise.reject(new Error('no'))).catch(
        (error: unknown) => error,
      )
      expect(failed).to.be.an('error').with.property('message', 'no')
      expect(readdirSync(parent)).to.deep.equal([])
    }))

  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    it(`goes when the run is ended by ${signal}, and the process ends by it`, () =>
      inDirectory(async (parent) => {
        const run = spawn(process.execPath, [fixture('waiting-run'), parent])
        await once(run.stdout, 'data')
        expect(readdirSync(parent)).to.have.length(1)
        const ended = once(run, 'close')
        run.kill(signal)
        expect(await ended).to.deep.equal([null, signal])
        expect(readdirSync(parent)).to.deep.equal([])
      }))
})
