import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { runConformance } from '@persistent-log/conformance'
import { folderPrefix, sweepFolders } from '../../src/running/run-folders.js'

const REFERENCE = new URL('../../src/mutants/reference.js', import.meta.url)
const FRESH_DIRECTORY = new URL('../../src/running/fresh-directory.js', import.meta.url)

/** A process id that nobody has any more. */
const deadPid = (): number => spawnSync('true').pid

describe('the folders of a run', () => {
  let parent = ''
  beforeEach(() => void (parent = mkdtempSync(join(tmpdir(), 'plog-'))))
  afterEach(() => rmSync(parent, { recursive: true, force: true }))

  function folder(name: string): string {
    mkdirSync(join(parent, name))
    writeFileSync(join(parent, name, 'file'), 'left behind')
    return join(parent, name)
  }

  /** Ends in the middle of a run. */
  function endIn(how: string): void {
    const program = `const { inFreshDirectory } = await import('${FRESH_DIRECTORY.href}')
      await inFreshDirectory(process.argv[1], () => { ${how} })`
    spawnSync(process.execPath, ['--input-type=module', '--eval', program, parent], { stdio: 'ignore' })
  }

  it('are swept when their process is dead, and left alone while it lives', () => {
    const dead = folder(`${folderPrefix(deadPid())}abc`)
    const living = folder(`${folderPrefix()}abc`)
    expect(sweepFolders(parent)).to.deep.equal([dead])
    expect([existsSync(dead), existsSync(living)]).to.deep.equal([false, true])
    expect(sweepFolders(parent)).to.deep.equal([])
  })

  it('are left alone where it is not known whose they are: another machine shares the folder, or anybody', () => {
    const others = ['plog-run-elsewhere-1-abc', `plog-run-${deadPid()}-abc`, 'plog-abc', 'else'].map(folder)
    expect(sweepFolders(parent)).to.deep.equal([])
    expect(others.every(existsSync)).to.equal(true)
  })

  it('are swept by the next run, in the folder that it is given', async () => {
    const dead = folder(`${folderPrefix(deadPid())}abc`)
    await runConformance({ backend: REFERENCE, only: ['cfg.replace'], directory: parent })
    expect(existsSync(dead)).to.equal(false)
    expect(readdirSync(parent)).to.deep.equal([])
  })

  it('are gone when somebody ends the process, and found again when it is killed', () => {
    endIn('process.exit(0)')
    expect(readdirSync(parent)).to.deep.equal([])
    endIn("process.kill(process.pid, 'SIGKILL')")
    const left = readdirSync(parent)
    expect(left).to.have.length(1)
    expect(sweepFolders(parent).map((path) => basename(path))).to.deep.equal(left)
  })

  it('need no parent that can be read: who makes them says what is wrong', () => {
    expect(sweepFolders(join(parent, 'no-such'))).to.deep.equal([])
  })
})
