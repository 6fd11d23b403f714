import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { inFreshDirectory } from '../../src/running/fresh-directory.js'

const here = (file: string): string => join(import.meta.dirname, file)
const MOCHA = createRequire(import.meta.url).resolve('mocha/bin/mocha.js')

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Runs a program without strace in reach, and returns its exit code and what it printed. */
async function run(
  ...args: readonly string[]
): Promise<{ readonly code: number | null; readonly printed: string }> {
  const env = { ...process.env, PATH: '/nowhere', CI: '', NODE_TEST_CONTEXT: undefined }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed, [code]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<[number | null]>,
  ])
  return { code, printed }
}

async function underMocha(): Promise<Counts> {
  return inFreshDirectory(undefined, async (place) => {
    const output = join(place, 'mocha.json')
    const options = ['--no-config', '--reporter', 'json', '--reporter-option', `output=${output}`]
    const { code } = await run(MOCHA, ...options, here('mocha-suite.js'))
    expect(code, 'failures end mocha with their number').to.equal(2)
    const { stats } = JSON.parse(await readFile(output, 'utf8')) as {
      stats: { passes: number; failures: number; pending: number }
    }
    return { passed: stats.passes, failed: stats.failures, skipped: stats.pending }
  })
}

async function underNode(): Promise<Counts> {
  const { code, printed } = await run('--test-reporter=tap', here('node-suite.js'))
  expect(code, 'a failure ends node:test with a code').to.equal(1)
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, 'm').exec(printed)?.[1])
  return { passed: count('pass'), failed: count('fail'), skipped: count('skipped') }
}

async function underVitest(): Promise<Counts> {
  return inFreshDirectory(undefined, async (place) => {
    const output = join(place, 'vitest.json')
    const { code } = await run(here('vitest-main.js'), 'vitest-suite.js', output)
    expect(code, 'a failure ends vitest with a code').to.equal(1)
    const result = JSON.parse(await readFile(output, 'utf8')) as Record<
      'numPassedTests' | 'numFailedTests' | 'numPendingTests',
      number
    >
    return {
      passed: result.numPassedTests,
      failed: result.numFailedTests,
      skipped: result.numPendingTests,
    }
  })
}

describe('describePersistentLog', function () {
  this.timeout(180_000)

  let wanted: Counts

  it('registers its cases with mocha: they pass, they fail, they hang, and what the machine lacks or proves nothing is skipped', async () => {
    wanted = await underMocha()
    expect(wanted).to.deep.equal({ passed: 5, failed: 2, skipped: 2 })
  })

  it('registers the same with node:test', async () => {
    expect(await underNode()).to.deep.equal(wanted)
  })

  it('registers the same with vitest', async () => {
    expect(await underVitest()).to.deep.equal(wanted)
  })
})
