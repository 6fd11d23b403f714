import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeAll } from '../src/cli/bench-command.js'
import { checkBackends, checkPlan } from '../src/cli/check-request.js'
import { run } from '../src/cli/program.js'
import { freeName, newestResult } from '../src/cli/results-folder.js'
import { changesSinceCommit } from '../src/machine/code-state.js'
import { loadWorkloads } from '../src/workloads/load-workloads.js'
import { inDirectory, messageOf } from './support.js'

/** The exit code of a command line, and what it said. */
async function said(...argv: readonly string[]): Promise<readonly [number, string]> {
  const lines: string[] = []
  const say = (line: string): void => void lines.push(line)
  const code = await run(argv, { out: say, err: say, isInteractive: false })
  return [code, lines.join('\n')]
}

describe('a command line', () => {
  it('with the name of no workload is refused, and says what there is', async () => {
    const [code, text] = await said('--workload', 'accpet')
    expect(code).to.equal(2)
    expect(text).to.match(/no workload's name holds accpet; there are .*accept-sync/)
  })

  it('that asks for nothing but the machine by mistake is refused', async () => {
    expect((await said('--backends', 'machine'))[0]).to.equal(2)
    expect(messageOf(() => checkBackends(['faster', 'machine']))).to.match(/part of every run/)
    expect(messageOf(() => checkBackends([]))).to.match(/names none/)
    const workloads = await loadWorkloads([])
    const cells = workloads
      .filter(({ name }) => name === 'flush-1')
      .map((workload) => ({ backend: 'machine', workload }))
    expect(messageOf(() => checkPlan(workloads, ['accept'], cells))).to.match(/nothing to run/)
    expect(messageOf(() => checkPlan(workloads, ['flush'], cells))).to.equal('')
  })

  it('names no subject twice', () => {
    expect(checkBackends(['faster', 'lmdb', 'faster'])).to.deep.equal(['faster', 'lmdb'])
  })

  it('that names a file which cannot be written is refused before anything is measured', () =>
    inDirectory(async (directory) => {
      const fine = join(directory, 'run.json')
      const [code, text] = await said('--json', fine, '--html', join(directory, 'absent/page.html'))
      expect(code).to.equal(2)
      expect(text).to.match(/absent\/page.html/)
      expect(existsSync(fine)).to.equal(false)
    }))

  it('gets each report that can be written', () =>
    inDirectory(async (directory) => {
      const lines: string[] = []
      const terminal = { out: () => {}, err: (line: string) => void lines.push(line), isInteractive: false }
      const code = await writeAll(terminal, [
        [undefined, () => 'nobody asked'],
        [join(directory, 'absent/a'), () => 'a'],
        [join(directory, 'b'), () => 'b'],
      ])
      expect(code).to.equal(1)
      expect(lines.join()).to.match(/absent\/a could not be written/)
      expect(await readFile(join(directory, 'b'), 'utf8')).to.equal('b')
    }))
})

describe('the code that is measured', () => {
  it('is told from other changes of the same commit', () =>
    inDirectory(async (directory) => {
      const git = (...args: string[]): unknown =>
        execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: directory })
      git('init', '-q')
      await writeFile(join(directory, 'a'), '1')
      git('add', 'a')
      git('commit', '-q', '-m', 'Begin')
      const states = [changesSinceCommit(directory)]
      for (const [file, text] of [
        ['a', '2'],
        ['a', '3'],
        ['b', '1'],
        ['b', '2'],
      ] as const) {
        await writeFile(join(directory, file), text)
        states.push(changesSinceCommit(directory))
      }
      expect(states[0]).to.equal('none')
      expect(new Set(states).size).to.equal(states.length)
    }))
})

describe('runs that are kept', () => {
  const keep = (folder: string, date: string, commit: string): Promise<void> => {
    const environment = { date, commit, node: 'v20' }
    return writeFile(`${freeName(folder, environment)}.json`, JSON.stringify({ environment }))
  }

  it('do not take the name of an earlier one, and the newest is the one that ended last', () =>
    inDirectory(async (folder) => {
      await keep(folder, '2026-01-02T10:00:00Z', 'bbb')
      await keep(folder, '2026-01-02T11:00:00Z', 'aaa')
      expect(newestResult(folder)).to.equal(join(folder, '2026-01-02-node-20-aaa.json'))
      await keep(folder, '2026-01-02T12:00:00Z', 'bbb')
      expect(newestResult(folder)).to.equal(join(folder, '2026-01-02-node-20-bbb-2.json'))
    }))
})
