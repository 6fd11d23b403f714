import { expect } from 'chai'
import { withChild } from '../../src/crash/child.js'
import { TOY_BACKEND } from '../../src/mutants/toy/toy-mutants.js'
import { rejects } from '../../src/running/assertions.js'
import { inFreshDirectory } from '../../src/running/fresh-directory.js'
import { orderFor, openLogUnderTest } from '../../src/running/target.js'

const target = { backend: TOY_BACKEND.href, config: () => ({}) }
const orderIn = (directory: string) => orderFor(target, directory)

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const failureOf = async (attempt: Promise<unknown>): Promise<string> => {
  try {
    await attempt
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
  return 'no failure'
}

describe('a child process', () => {
  it('opens a log, makes calls, and says so', async () => {
    await inFreshDirectory(undefined, (directory) =>
      withChild(async (child) => {
        const { found } = await child.open(orderIn(directory))
        expect(found.bounds.nextSlot).to.equal(0)
        const entry = { slot: 0, round: 1, nodeId: 0, value: 'x' }
        child.tell({ kind: 'run', operations: [{ kind: 'learn', entry }], window: 1 })
        expect(await child.expect('will')).to.deep.equal({ kind: 'will', at: 0 })
        expect(await child.expect('did')).to.deep.equal({ kind: 'did', at: 0 })
        await child.expect('ran')
        await child.close()
      }),
    )
  })

  it('is dead when it is no longer needed, also after a failure', async () => {
    let pid = 0
    const failure = await failureOf(
      withChild(async (child) => {
        pid = child.pid
        expect(isAlive(pid)).to.equal(true)
        throw new Error('the case failed')
      }),
    )
    expect(failure).to.equal('the case failed')
    expect(isAlive(pid)).to.equal(false)
  })

  it('dies in the moment in which a call is acknowledged, and that is heard', async () => {
    await inFreshDirectory(undefined, (directory) =>
      withChild(async (child) => {
        await child.open(orderIn(directory))
        const entry = { slot: 0, round: 1, nodeId: 0, value: 'x' }
        child.tell({ kind: 'run', operations: [{ kind: 'learn', entry }], window: 1, diesAt: 0 })
        await child.expect('will')
        expect(await child.expect('did')).to.deep.equal({ kind: 'did', at: 0 })
        expect(await child.next()).to.equal(undefined)
        expect(await child.kill(), 'a SIGKILL ended it').to.equal(true)
      }),
    )
  })

  it('tells why a log does not open, with the facts of the error', async () => {
    await inFreshDirectory(undefined, async (directory) => {
      const log = await openLogUnderTest(orderIn(directory))
      const refusal = await withChild((child) => child.openRefused(orderIn(directory)))
      expect(refusal).to.deep.include({ code: 'PLOG_LOCKED' })
      expect(refusal.context.pid).to.equal(process.pid)
      await log.close()
    })
  })

  it('is quoted when it ends before it has answered', async () => {
    const failure = await failureOf(
      withChild((child) => child.open({ backend: 'file:///nowhere/backend.js', config: {} })),
    )
    expect(failure).to.match(/ended \(exit code 1.*nowhere/s)
  })

  it('says what was refused when something else was expected of it', async () => {
    await inFreshDirectory(undefined, async (directory) => {
      const log = await openLogUnderTest(orderIn(directory))
      const failure = await failureOf(withChild((child) => child.open(orderIn(directory))))
      expect(failure).to.match(/expected to say opened, but said refused: PLOG_LOCKED/)
      await log.close()
      await rejects(log.read(0), 'PLOG_NOT_OPEN')
    })
  })
})
