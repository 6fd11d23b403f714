import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readlink, symlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { expect } from 'chai'
import { freshDirectory, openAt, refusal } from './directories.js'

interface Outcome {
  readonly opened: boolean
  readonly code?: string
  readonly context?: { readonly pid?: number; readonly host?: string }
}

const OWNER = new URL('./owner.js', import.meta.url)

describe('the lock of a log directory', function () {
  this.timeout(20_000)
  const directory = freshDirectory()
  const children: ChildProcess[] = []

  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
  })

  const openInChild = async (path: string): Promise<{ child: ChildProcess; outcome: Outcome }> => {
    const child = fork(fileURLToPath(OWNER), [path])
    children.push(child)
    const [outcome] = (await once(child, 'message')) as [Outcome]
    return { child, outcome }
  }

  const openInWorker = async (path: string): Promise<{ worker: Worker; outcome: Outcome }> => {
    const worker = new Worker(OWNER, { workerData: path })
    const [outcome] = (await once(worker, 'message')) as [Outcome]
    return { worker, outcome }
  }

  it('refuses another process and names the owner', async () => {
    const { child, outcome } = await openInChild(directory())
    expect(outcome.opened).to.equal(true)
    const error = await refusal(openAt(directory()))
    expect(error.code).to.equal('PLOG_LOCKED')
    expect(error.retry).to.equal('later')
    expect(error.context.pid).to.equal(child.pid)
    expect(error.context.host).to.equal(hostname())
    expect(error.message).to.contain(String(child.pid))
  })

  it('ends with an owner that is killed', async () => {
    const { child } = await openInChild(directory())
    child.kill('SIGKILL')
    await once(child, 'exit')
    const log = await openAt(directory())
    await log.release()
    expect(log.created).to.equal(false)
    expect(log.cleanClose).to.equal(false)
    expect(log.sameBoot).to.equal(true)
  })

  it('refuses a second open in the same thread', async () => {
    const log = await openAt(directory())
    const error = await refusal(openAt(directory()))
    expect(error.code).to.equal('PLOG_LOCKED')
    expect(error.context.pid).to.equal(process.pid)
    await log.release()
  })

  it('lets one of two opens at the same moment win', async () => {
    const outcomes = await Promise.allSettled([openAt(directory()), openAt(directory())])
    expect(outcomes.map(({ status }) => status).sort()).to.deep.equal(['fulfilled', 'rejected'])
    for (const outcome of outcomes) if (outcome.status === 'fulfilled') await outcome.value.release()
  })

  it('refuses a worker thread of the same process', async () => {
    const log = await openAt(directory())
    const { worker, outcome } = await openInWorker(directory())
    await worker.terminate()
    expect(outcome).to.deep.include({ opened: false, code: 'PLOG_LOCKED' })
    expect(outcome.context?.pid).to.equal(process.pid)
    await log.release()
  })

  it('ends with the worker thread that took it', async () => {
    const { worker, outcome } = await openInWorker(directory())
    expect(outcome.opened).to.equal(true)
    expect((await refusal(openAt(directory()))).code).to.equal('PLOG_LOCKED')
    await worker.terminate()
    await (await openAt(directory())).release()
  })

  it('stays with its owner after refusals in the same thread, in a worker, and in another process', async () => {
    const log = await openAt(directory())
    await refusal(openAt(directory()))
    const { worker } = await openInWorker(directory())
    await worker.terminate()
    expect((await openInChild(directory())).outcome.code).to.equal('PLOG_LOCKED')
    expect((await openInChild(directory())).outcome.context?.pid).to.equal(process.pid)
    await log.release()
    expect((await openInChild(directory())).outcome.opened).to.equal(true)
  })

  it('is the same through a symbolic link', async () => {
    const real = join(directory(), 'real')
    const link = join(directory(), 'link')
    await mkdir(real)
    await symlink(real, link)
    const log = await openAt(link)
    expect(log.path).to.equal(real)
    expect((await refusal(openAt(real))).code).to.equal('PLOG_LOCKED')
    expect((await openInChild(link)).outcome.code).to.equal('PLOG_LOCKED')
    await log.release()
  })

  it('is given back once, however often release is called, and leaves no file open', async () => {
    const openBelow = async (folder: string): Promise<string[]> => {
      const descriptors = await readdir('/proc/self/fd')
      const files = await Promise.all(
        descriptors.map((one) => readlink(`/proc/self/fd/${one}`).catch(() => 'closed since')),
      )
      return files.filter((file) => file.startsWith(folder))
    }
    const held = await openAt(directory())
    expect(await openBelow(held.path)).to.have.length.above(0)
    await held.release()
    for (let round = 0; round < 20; round++) {
      const log = await openAt(directory())
      await Promise.all([log.release(), log.release()])
      await log.release()
    }
    expect(await openBelow(held.path)).to.deep.equal([])
  })
})
