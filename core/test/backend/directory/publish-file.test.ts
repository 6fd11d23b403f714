import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { publishFile, removeDurably, syncDirectory, writeAll } from '../../../src/backend/directory/index.js'
import { freshDirectory, refusal } from './directories.js'

describe('publishing a file', () => {
  const directory = freshDirectory()

  it('replaces the old content as a whole and leaves no temporary file', async () => {
    const file = join(directory(), 'file')
    await publishFile(file, Buffer.from('first, and longer'))
    await publishFile(file, Buffer.from('second'))
    expect(await readFile(file, 'utf8')).to.equal('second')
    expect(await readdir(directory())).to.deep.equal(['file'])
  })

  it('publishes an empty file', async () => {
    await publishFile(join(directory(), 'empty'), new Uint8Array(0))
    expect(await readFile(join(directory(), 'empty'))).to.have.length(0)
  })

  it('tells which file could not be written', async () => {
    const file = join(directory(), 'missing', 'file')
    const error = await refusal(publishFile(file, new Uint8Array(1)))
    expect(error.code).to.equal('PLOG_IO')
    expect(error.context.file).to.contain(file)
    expect(error.cause).to.have.property('code', 'ENOENT')
  })

  it('keeps the target and removes the temporary file when the rename fails', async () => {
    const target = join(directory(), 'target')
    await mkdir(join(target, 'child'), { recursive: true })
    const error = await refusal(publishFile(target, new Uint8Array(1)))
    expect(error.code).to.equal('PLOG_IO')
    expect(await readdir(directory())).to.deep.equal(['target'])
  })

  it('writes on until everything is written when the system takes less', async () => {
    const written: number[] = []
    const positions: number[] = []
    const slow = {
      write: (bytes: Uint8Array, offset: number, length: number, position: number) => {
        const taken = Math.min(3, length)
        written.push(...bytes.subarray(offset, offset + taken))
        positions.push(position)
        return Promise.resolve({ bytesWritten: taken, buffer: bytes })
      },
    }
    await writeAll(slow as Parameters<typeof writeAll>[0], Uint8Array.from([1, 2, 3, 4, 5, 6, 7]), 10)
    expect(written).to.deep.equal([1, 2, 3, 4, 5, 6, 7])
    expect(positions).to.deep.equal([10, 13, 16])
  })

  it('fails, and does not go round for ever, when the system takes nothing', async () => {
    const stuck = { write: (bytes: Uint8Array) => Promise.resolve({ bytesWritten: 0, buffer: bytes }) }
    let failure: unknown
    await writeAll(stuck as Parameters<typeof writeAll>[0], new Uint8Array(4), 0).catch(
      (error: unknown) => (failure = error),
    )
    expect(failure).to.be.instanceOf(Error)
  })

  it('refuses to flush a directory that is not there', async () => {
    const error = await refusal(syncDirectory(join(directory(), 'missing')))
    expect(error.code).to.equal('PLOG_IO')
  })

  it('removes a file, a tree, and nothing', async () => {
    await writeFile(join(directory(), 'file'), '')
    await mkdir(join(directory(), 'tree', 'twig'), { recursive: true })
    for (const name of ['file', 'tree', 'nothing']) await removeDurably(join(directory(), name))
    expect(await readdir(directory())).to.deep.equal([])
  })
})
