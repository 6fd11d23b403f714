import { existsSync } from 'node:fs'
import {
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { freshDirectory, openAt, refusal } from './directories.js'

describe('a log directory', () => {
  const directory = freshDirectory()

  describe('when it is created', () => {
    it('creates missing parents and keeps its identity', async () => {
      const path = join(directory(), 'a', 'b', 'c')
      const first = await openAt(path, { firstSlot: 7 })
      await first.release()
      const second = await openAt(path, { firstSlot: 3 })
      await second.release()
      expect(first.created).to.equal(true)
      expect(first.logId).to.have.length(16)
      expect(second.created).to.equal(false)
      expect(second.logId).to.deep.equal(first.logId)
      expect(second.firstSlot, 'the stored first slot wins').to.equal(7)
      expect(second.formatVersion).to.equal(1)
    })

    it('holds the documented files', async () => {
      const log = await openAt(directory())
      expect(await readdir(log.path)).to.have.members(['engine', 'plog.json', 'plog.lock', 'plog.open'])
      await log.markClean()
      await log.release()
      expect(await readdir(log.path)).to.have.members(['engine', 'plog.json', 'plog.lock'])
    })

    it('gives two logs different ids', async () => {
      const one = await openAt(join(directory(), 'one'))
      const two = await openAt(join(directory(), 'two'))
      expect(one.logId).not.to.deep.equal(two.logId)
      await Promise.all([one.release(), two.release()])
    })

    it('starts again after a creation that was interrupted, with nothing of the first attempt', async () => {
      const failing = openAt(directory(), {
        initialise: async (engine) => {
          await writeFile(join(engine, 'half'), 'x')
          throw new Error('interrupted')
        },
      })
      const error = await refusal(failing)
      expect(error.code).to.equal('PLOG_IO')
      expect(error.cause).to.be.instanceOf(Error)
      expect(await readdir(directory())).to.include('plog.creating')
      const log = await openAt(directory())
      expect(log.created).to.equal(true)
      expect(await readdir(log.enginePath)).to.deep.equal([])
      expect(await readdir(directory())).not.to.include('plog.creating')
      await log.release()
    })

    it('starts again where the flush of its name failed, of which no later flush may know', async () => {
      const path = join(directory(), 'log')
      const handle = await open(directory())
      await handle.close()
      const prototype = Object.getPrototypeOf(handle) as FileHandle
      const sync: (this: FileHandle) => Promise<void> = Reflect.get(prototype, 'sync')
      prototype.sync = async function (this: FileHandle): Promise<void> {
        if (existsSync(join(path, 'plog.json'))) throw new Error('EIO')
        return sync.call(this)
      }
      try {
        expect((await refusal(openAt(path))).code).to.equal('PLOG_IO')
      } finally {
        prototype.sync = sync
      }
      expect(await readdir(path)).to.have.members(['engine', 'plog.creating', 'plog.lock'])
      // A power cut may bring the name back: what bears it stays as it was.
      const named = join(directory(), 'named')
      await link(join(path, 'plog.creating'), named)
      const before = await readFile(named, 'utf8')
      const log = await openAt(path)
      expect(log.created).to.equal(true)
      expect(await readFile(named, 'utf8')).to.equal(before)
      await log.release()
    })

    it('starts again over an identity that was torn while it was created', async () => {
      await writeFile(join(directory(), 'plog.creating'), '{"form')
      const log = await openAt(directory())
      expect(log.created).to.equal(true)
      await log.release()
    })

    it('accepts a new file system with its lost+found', async () => {
      await mkdir(join(directory(), 'lost+found'))
      const log = await openAt(directory())
      await log.release()
      expect(log.created).to.equal(true)
    })
  })

  describe('when it is not what was left', () => {
    const create = async (): Promise<void> => {
      const log = await openAt(directory())
      await log.markClean()
      await log.release()
    }

    it('never opens empty without its identity', async () => {
      await create()
      await rm(join(directory(), 'plog.json'))
      const error = await refusal(openAt(directory()))
      expect(error.code).to.equal('PLOG_CORRUPTED')
      expect(error.context.file).to.equal(join(directory(), 'plog.json'))
    })

    it('never wipes a log whose identity became one that is being created', async () => {
      await (await openAt(directory())).release()
      await rename(join(directory(), 'plog.json'), join(directory(), 'plog.creating'))
      expect((await refusal(openAt(directory()))).code).to.equal('PLOG_CORRUPTED')
      expect(await readdir(directory())).to.include('engine')
    })

    it('never opens without its engine directory', async () => {
      await create()
      await rm(join(directory(), 'engine'), { recursive: true })
      const error = await refusal(openAt(directory()))
      expect(error.code).to.equal('PLOG_CORRUPTED')
      expect(error.context.file).to.equal(join(directory(), 'engine'))
    })

    it('refuses a directory with files of somebody else and leaves them', async () => {
      await writeFile(join(directory(), 'thesis.txt'), 'precious')
      const error = await refusal(openAt(directory()))
      expect(error.code).to.equal('PLOG_INVALID_CONFIG')
      expect(error.context.field).to.equal('directory')
      expect(error.context.value).to.equal(directory())
      expect(error.message).to.contain('thesis.txt').and.to.contain('allowed is')
      expect(await readFile(join(directory(), 'thesis.txt'), 'utf8')).to.equal('precious')
      expect(await readdir(directory()), 'nothing of ours is left in it').to.deep.equal(['thesis.txt'])
    })

    it('refuses a directory with files of somebody else beside a lock of ours', async () => {
      await writeFile(join(directory(), 'plog.lock'), '')
      await writeFile(join(directory(), 'thesis.txt'), 'precious')
      const error = await refusal(openAt(directory()))
      expect(error.code).to.equal('PLOG_INVALID_CONFIG')
      expect(error.message).to.contain('thesis.txt')
    })

    it('takes the engine of a log that lost all else for a damaged log, not for a foreign directory', async () => {
      await mkdir(join(directory(), 'engine'))
      expect((await refusal(openAt(directory()))).code).to.equal('PLOG_CORRUPTED')
    })

    it('refuses the log of another backend by both names', async () => {
      await create()
      const error = await refusal(openAt(directory(), { backend: 'other' }))
      expect(error.code).to.equal('PLOG_WRONG_BACKEND')
      expect(error.message).to.contain('test').and.to.contain('other')
    })

    it('refuses a newer format of the backend as unknown, not as damaged', async () => {
      await (await openAt(directory(), { formatVersion: 2 })).release()
      const error = await refusal(openAt(directory(), { formatVersion: 1 }))
      expect(error.code).to.equal('PLOG_UNKNOWN_FORMAT')
      expect(error.context).to.include({ version: 2, limit: 1 })
    })

    it('refuses a format that it reads no more, and leaves the directory to the software that does', async () => {
      await (await openAt(directory(), { formatVersion: 1 })).release()
      const before = await readFile(join(directory(), 'plog.json'), 'utf8')
      const error = await refusal(openAt(directory(), { formatVersion: 3, oldestFormatVersion: 2 }))
      expect(error.code).to.equal('PLOG_UNKNOWN_FORMAT')
      expect(error.message).to.contain('version 1').and.to.contain('2 up to 3')
      expect(await readFile(join(directory(), 'plog.json'), 'utf8')).to.equal(before)
      await (await openAt(directory(), { formatVersion: 1 })).release()
    })

    it('raises an older format to the one that it is opened with', async () => {
      const older = await openAt(directory(), { formatVersion: 1 })
      await older.release()
      const newer = await openAt(directory(), { formatVersion: 2 })
      expect(newer).to.deep.include({ formatVersion: 2, logId: older.logId, created: false })
      await newer.release()
      expect((await refusal(openAt(directory(), { formatVersion: 1 }))).code).to.equal('PLOG_UNKNOWN_FORMAT')
    })

    it('can be opened after every refusal', async () => {
      await create()
      await refusal(openAt(directory(), { backend: 'other' }))
      const log = await openAt(directory())
      await log.release()
      expect(log.cleanClose).to.equal(true)
    })
  })

  describe('when the path is of no use', () => {
    const expectInvalid = async (path: string): Promise<string> => {
      const error = await refusal(openAt(path))
      expect(error.code).to.equal('PLOG_INVALID_CONFIG')
      expect(error.context.field).to.equal('directory')
      expect(error.context.value).to.equal(path)
      expect(error.message).to.contain('allowed is a directory')
      return error.message
    }

    it('refuses a file', async () => {
      const file = join(directory(), 'file')
      await writeFile(file, 'mine')
      expect(await expectInvalid(file)).to.contain('it is a file')
      expect(await readFile(file, 'utf8')).to.equal('mine')
    })

    it('refuses a path through a file', async () => {
      await writeFile(join(directory(), 'file'), '')
      await expectInvalid(join(directory(), 'file', 'log'))
    })

    it('refuses a link to a file', async () => {
      await writeFile(join(directory(), 'file'), '')
      await symlink(join(directory(), 'file'), join(directory(), 'link'))
      await expectInvalid(join(directory(), 'link'))
    })

    it('refuses a link to nothing', async () => {
      await symlink(join(directory(), 'nothing'), join(directory(), 'link'))
      expect(await expectInvalid(join(directory(), 'link'))).to.contain('a link to nothing')
    })

    it('refuses links that go round in circles', async () => {
      await symlink(join(directory(), 'b'), join(directory(), 'a'))
      await symlink(join(directory(), 'a'), join(directory(), 'b'))
      await expectInvalid(join(directory(), 'a', 'log'))
    })

    it('refuses a name that is too long or holds a NUL', async () => {
      await expectInvalid(join(directory(), 'x'.repeat(300)))
      await expectInvalid(join(directory(), 'a\0b'))
    })
  })
})
