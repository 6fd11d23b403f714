import { readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { expect } from 'chai'
import { freshDirectory, openAt, refusal } from './directories.js'

describe('the identity of a log directory', () => {
  const directory = freshDirectory()
  const file = (): string => join(directory(), 'plog.json')

  const create = async (): Promise<Buffer> => {
    await (await openAt(directory(), { firstSlot: 5 })).release()
    return readFile(file())
  }
  const writeFields = (fields: object): Promise<void> => {
    const checksum = crc32(JSON.stringify(fields)).toString(16).padStart(8, '0')
    return writeFile(file(), JSON.stringify({ ...fields, checksum }))
  }

  it('is readable JSON with the documented fields', async () => {
    const fields = JSON.parse((await create()).toString('utf8')) as Record<string, unknown>
    expect(fields).to.include({ format: 'persistent-log', version: 1, backend: 'test', formatVersion: 1 })
    expect(fields).to.have.all.keys(
      ...['format', 'version', 'backend', 'formatVersion', 'logId', 'firstSlot', 'checksum'],
    )
  })

  it('is never read wrong, whichever byte is flipped', async () => {
    const intact = await create()
    for (let offset = 0; offset < intact.byteLength; offset++) {
      const flipped = Buffer.from(intact)
      flipped[offset] = (flipped[offset] ?? 0) ^ 0x02
      await writeFile(file(), flipped)
      const error = await refusal(openAt(directory()))
      expect(error.code, `byte ${offset}`).to.equal('PLOG_CORRUPTED')
      expect(error.context.file).to.equal(file())
    }
  })

  it('is never read wrong, wherever it is cut', async () => {
    const { byteLength } = await create()
    // Without its last byte, a line feed, it is whole.
    for (let length = byteLength - 2; length >= 0; length--) {
      await truncate(file(), length)
      expect((await refusal(openAt(directory()))).code, `length ${length}`).to.equal('PLOG_CORRUPTED')
    }
  })

  it('refuses a newer version of itself as unknown, not as damaged', async () => {
    await create()
    await writeFields({ format: 'persistent-log', version: 2, novelty: true })
    const error = await refusal(openAt(directory()))
    expect(error.code).to.equal('PLOG_UNKNOWN_FORMAT')
    expect(error.context).to.include({ file: file(), version: 2, limit: 1 })
  })

  for (const [title, change] of [
    ['a backend', { backend: undefined }],
    ['a log id', { logId: 'abc' }],
    ['a first slot', { firstSlot: -1 }],
    ['a format version', { formatVersion: 1.5 }],
  ] as const) {
    it(`refuses a file without ${title}, though its checksum fits`, async () => {
      const { checksum, ...fields } = JSON.parse((await create()).toString('utf8')) as Record<string, unknown>
      expect(checksum).to.be.a('string')
      await writeFields({ ...fields, ...change })
      expect((await refusal(openAt(directory()))).code).to.equal('PLOG_CORRUPTED')
    })
  }

  it('refuses other JSON', async () => {
    await create()
    for (const text of ['[]', 'null', '1', '{}']) {
      await writeFile(file(), text)
      expect((await refusal(openAt(directory()))).code).to.equal('PLOG_CORRUPTED')
    }
  })
})
