import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { bootId, TEST_BOOT_ID_VARIABLE, type LogDirectory } from '../../../src/backend/directory/index.js'
import { freshDirectory, openAt } from './directories.js'

describe('the session of a log directory', () => {
  const directory = freshDirectory()

  afterEach(() => {
    delete process.env[TEST_BOOT_ID_VARIABLE]
  })

  const restartMachine = (name: string): void => {
    process.env[TEST_BOOT_ID_VARIABLE] = name
  }
  const endWith = async (end: 'clean' | 'kill', work?: (log: LogDirectory) => Promise<void>) => {
    const log = await openAt(directory())
    await work?.(log)
    if (end === 'clean') await log.markClean()
    await log.release()
    return { cleanClose: log.cleanClose, sameBoot: log.sameBoot }
  }

  it('knows this boot and can be told another one', () => {
    const real = bootId()
    expect(real).to.have.length.greaterThan(8)
    expect(bootId()).to.equal(real)
    restartMachine('another')
    expect(bootId()).to.equal('another')
  })

  it('counts a new log as cleanly closed', async () => {
    expect(await endWith('clean')).to.deep.equal({ cleanClose: true, sameBoot: true })
  })

  it('tells a clean close, also over a restart', async () => {
    await endWith('clean')
    restartMachine('second')
    expect(await endWith('kill')).to.deep.equal({ cleanClose: true, sameBoot: true })
  })

  it('tells an unclean end in the same boot', async () => {
    await endWith('kill')
    expect(await endWith('kill')).to.deep.equal({ cleanClose: false, sameBoot: true })
  })

  it('tells an unclean end before a restart', async () => {
    await endWith('kill')
    restartMachine('second')
    expect(await endWith('clean')).to.deep.equal({ cleanClose: false, sameBoot: false })
    expect(await endWith('clean')).to.deep.equal({ cleanClose: true, sameBoot: true })
  })

  it('still knows about the restart when the open after it was killed', async () => {
    await endWith('kill')
    restartMachine('second')
    await endWith('kill')
    expect(await endWith('kill')).to.deep.equal({ cleanClose: false, sameBoot: false })
  })

  it('forgets a restart that is settled', async () => {
    await endWith('kill')
    restartMachine('second')
    await endWith('kill', (log) => log.forgetRestart())
    expect(await endWith('kill')).to.deep.equal({ cleanClose: false, sameBoot: true })
  })

  for (const [title, content] of [
    ['is no JSON', '\0\0\0'],
    ['is empty', ''],
    ['lacks the boots', '{"boots":[]}'],
  ] as const) {
    it(`takes the worse for true when its file ${title}`, async () => {
      await endWith('kill')
      await writeFile(join(directory(), 'plog.open'), content)
      expect(await endWith('clean')).to.deep.equal({ cleanClose: false, sameBoot: false })
    })
  }

  it('removes the temporary file of a crash', async () => {
    await endWith('clean')
    await writeFile(join(directory(), 'plog.open.tmp'), 'half')
    await endWith('clean')
    expect(await readdir(directory())).not.to.include('plog.open.tmp')
  })

  describe('of a backend that judges by the close', () => {
    const openAndDie = async (isChanged: boolean): Promise<Pick<LogDirectory, 'cleanClose' | 'sameBoot'>> => {
      const log = await openAt(directory(), { judgesByClose: true })
      if (isChanged) await log.beginChanges()
      await log.release()
      return { cleanClose: log.cleanClose, sameBoot: log.sameBoot }
    }

    it('still knows a clean close when an open died before it changed anything', async () => {
      await endWith('clean')
      await openAndDie(false)
      expect(await readdir(directory())).not.to.include('plog.open')
      restartMachine('second')
      await openAndDie(false)
      expect(await openAndDie(true)).to.deep.equal({ cleanClose: true, sameBoot: true })
      expect(await openAndDie(true)).to.deep.equal({ cleanClose: false, sameBoot: true })
    })

    it('ends as it began where nothing was changed, and is clean again where something was', async () => {
      await endWith('clean')
      for (const isChanged of [false, true, false]) {
        const log = await openAt(directory(), { judgesByClose: true })
        expect(log.cleanClose).to.equal(true)
        if (isChanged) await log.beginChanges()
        expect((await readdir(directory())).includes('plog.open')).to.equal(isChanged)
        await log.end('intact')
      }
    })

    it('does not take for clean what was unclean before', async () => {
      await endWith('kill')
      await openAndDie(false)
      expect(await openAndDie(false)).to.deep.equal({ cleanClose: false, sameBoot: true })
    })
  })

  describe('when it ends', () => {
    const endAs = async (how: 'intact' | 'failed' | 'refused'): Promise<boolean> => {
      const log = await openAt(directory())
      await log.end(how)
      await log.end('intact')
      return log.cleanClose
    }

    it('is clean when everything was flushed', async () => {
      await endAs('intact')
      expect(await endAs('intact')).to.equal(true)
    })

    it('is unclean when a write failed', async () => {
      await endAs('failed')
      expect(await endAs('intact')).to.equal(false)
    })

    it('is what it was before when the open was refused', async () => {
      await endAs('intact')
      expect(await endAs('refused')).to.equal(true)
      expect(await endAs('failed')).to.equal(true)
      expect(await endAs('refused')).to.equal(false)
      expect(await endAs('refused')).to.equal(false)
    })
  })
})
