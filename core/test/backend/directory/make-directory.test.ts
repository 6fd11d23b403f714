import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { freshDirectory, openAt } from './directories.js'

describe('making a log directory', () => {
  const directory = freshDirectory()

  it('makes the same parents for several at once', async () => {
    const names = ['one', 'two', 'three']
    const logs = await Promise.all(names.map((name) => openAt(join(directory(), 'a', 'b', name))))
    expect(logs.map(({ created }) => created)).to.deep.equal([true, true, true])
    await Promise.all(logs.map((log) => log.release()))
  })

  it('ends with the error of a system that takes no new name', async function () {
    if (process.platform !== 'linux') this.skip()
    this.timeout(20_000)
    // In a process of its own: what goes round for ever does so in a thread that nothing here could end.
    const child = fork(fileURLToPath(new URL('./owner.js', import.meta.url)), ['/proc/plog/log'])
    try {
      const [outcome] = (await once(child, 'message', { signal: AbortSignal.timeout(10_000) })) as [object]
      expect(outcome).to.deep.include({ opened: false, code: 'PLOG_IO' })
      expect(outcome).to.have.property('message').that.includes("mkdir '/proc/plog'")
    } finally {
      child.kill('SIGKILL')
    }
  })
})
