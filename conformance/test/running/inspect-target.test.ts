import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { outcomeOf, runConformance } from '@persistent-log/conformance'
import { whyNotFollowed } from '../../src/crash-states/state-process.js'
import { inspectTarget } from '../../src/running/inspect-target.js'
import { oddBackend } from './odd-backend.js'

describe('a backend that is looked at', () => {
  let place = ''
  beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'plog-'))))
  afterEach(() => rmSync(place, { recursive: true, force: true }))

  /** How a look ends at a log whose `open` does this, in text. */
  async function lookAt(open: string): Promise<string> {
    const target = { backend: oddBackend(place, open).href, config: () => ({}) }
    return String((await outcomeOf(inspectTarget(target, place, 100))).error)
  }

  it('is named, with the step, where it hangs', async () => {
    expect(await lookAt('return new Promise(() => undefined)')).to.equal(
      'Error: opening a log of odd failed: it did not end within 100 ms',
    )
  })

  it('is named where its close hangs', async () => {
    expect(await lookAt('return { close: () => new Promise(() => undefined) }')).to.equal(
      'Error: closing a log of odd failed: it did not end within 100 ms',
    )
  })

  it('is named where it throws what is no error', async () => {
    expect(await lookAt("throw 'no device'")).to.equal('Error: opening a log of odd failed: no device')
  })

  it('is named where it throws nothing at all', async () => {
    expect(await lookAt('throw undefined')).to.equal('Error: opening a log of odd failed: undefined')
  })

  it('is named where it throws an error, whose stack is kept', async () => {
    const options = { backend: oddBackend(place, "throw new TypeError('no device')") }
    const { error } = await outcomeOf(runConformance(options))
    expect(String(error)).to.equal('Error: opening a log of odd failed: no device')
    expect((error as Error).stack).to.match(/no device\n +at Object\.open .*odd\.mjs/)
  })

  it('is named where it cannot be loaded', async () => {
    const target = { backend: new URL('no-such.mjs', import.meta.url).href, config: () => ({}) }
    expect(String((await outcomeOf(inspectTarget(target, place))).error)).to.include('no-such.mjs')
  })

  it('is left to the cases to tell about where it ends the process in which it would be followed', async () => {
    const target = { backend: oddBackend(place, 'process.exit(0)').href, config: () => ({}) }
    expect(await whyNotFollowed(target, {} as never, place)).to.equal(undefined)
  })

  /** Runs the kit over it in a process of its own. */
  function processOver(open: string, call: 'runConformance' | 'describePersistentLog') {
    const kit = JSON.stringify(import.meta.resolve('@persistent-log/conformance'))
    const backend = JSON.stringify(oddBackend(place, open).href)
    const runner = call === 'describePersistentLog' ? ', runner: { describe() {}, it() {} }' : ''
    const program = `await (await import(${kit})).${call}({ backend: new URL(${backend})${runner} })`
    return spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' })
  }

  for (const call of ['runConformance', 'describePersistentLog'] as const) {
    it(`ends ${call} with 1, and a word, where it ends the process as if all were well`, () => {
      const { status, stderr } = processOver('process.exit(0)', call)
      expect([status, stderr]).to.deep.equal([
        1,
        'conformance: the process ended while opening a log of odd\n',
      ])
    })
  }

  it('keeps another exit code that it ends the process with', () => {
    expect(processOver('process.exit(7)', 'runConformance').status).to.equal(7)
  })
})
