import { expect } from 'chai'
import { GroupCommit } from '../../../src/backend/engine/group-commit.js'

/** Flushes that end when the test says so. */
class HeldFlushes {
  readonly groups: number[][] = []
  readonly #ends: { resolve: () => void; reject: (error: Error) => void }[] = []

  readonly flush = (items: number[]): Promise<void> => {
    this.groups.push(items)
    return new Promise((resolve, reject) => this.#ends.push({ resolve, reject }))
  }

  succeed(): void {
    this.#ends.shift()!.resolve()
  }

  fail(error: Error): void {
    this.#ends.shift()!.reject(error)
  }
}

/** Lets every continuation that is ready run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function outcomeOf(promise: Promise<void>): Promise<unknown> {
  return promise.then(
    () => 'ok',
    (error: unknown) => error,
  )
}

describe('group commit', () => {
  it('puts calls of one turn into one flush', async () => {
    const held = new HeldFlushes()
    const commits = new GroupCommit<number>(held.flush)
    const all = Promise.all([commits.add(1), commits.add(2), commits.add(3)])
    await turn()
    expect(held.groups).to.deep.equal([[1, 2, 3]])
    held.succeed()
    await all
  })

  it('has one flush in flight, and gathers what comes meanwhile into the next', async () => {
    const held = new HeldFlushes()
    const commits = new GroupCommit<number>(held.flush)
    const first = commits.add(1)
    await turn()
    let secondDone = false
    const second = commits.add(2).then(() => (secondDone = true))
    const third = commits.add(3)
    await turn()
    expect(held.groups).to.deep.equal([[1]])
    held.succeed()
    await first
    await turn()
    expect(held.groups).to.deep.equal([[1], [2, 3]])
    expect(secondDone).to.equal(false)
    held.succeed()
    await Promise.all([second, third])
  })

  it('rejects everything queued and everything later after a failed flush, and flushes nothing more', async () => {
    const held = new HeldFlushes()
    const commits = new GroupCommit<number>(held.flush)
    const failure = new Error('EIO')
    const first = outcomeOf(commits.add(1))
    await turn()
    const second = outcomeOf(commits.add(2))
    held.fail(failure)
    expect(await first).to.equal(failure)
    expect(await second).to.equal(failure)
    expect(await outcomeOf(commits.add(3))).to.equal(failure)
    await turn()
    expect(held.groups).to.deep.equal([[1]])
    await commits.idle()
  })

  it('is idle when nothing is queued or in flight', async () => {
    const held = new HeldFlushes()
    const commits = new GroupCommit<number>(held.flush)
    await commits.idle()
    void commits.add(1)
    let idle = false
    const waiting = commits.idle().then(() => (idle = true))
    await turn()
    void commits.add(2)
    held.succeed()
    await turn()
    expect(idle).to.equal(false)
    held.succeed()
    await waiting
  })
})
