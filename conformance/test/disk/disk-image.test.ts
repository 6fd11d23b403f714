import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DiskImage } from '../../src/disk/disk-image.js'

/** Renames a file on and on, as a log does that gives files their names in the background. */
const RENAMER = `
  const { renameSync } = require('node:fs')
  const { workerData, parentPort } = require('node:worker_threads')
  const [one, two, stop] = workerData
  parentPort.postMessage('begun')
  while (Atomics.load(stop, 0) === 0) {
    renameSync(one, two)
    Atomics.wait(stop, 0, 0, 0.1)
    renameSync(two, one)
    Atomics.wait(stop, 0, 0, 0.1)
  }`

describe('disk image', () => {
  let directory: string

  beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'plog-'))))
  afterEach(() => rm(directory, { recursive: true, force: true }))

  it('reads a directory in which a file is being renamed', async () => {
    const [one, two] = [join(directory, 'one'), join(directory, 'two')]
    await writeFile(one, 'content')
    const stop = new Int32Array(new SharedArrayBuffer(4))
    const renamer = new Worker(RENAMER, { eval: true, workerData: [one, two, stop] })
    try {
      await new Promise((resolve, reject) => renamer.once('message', resolve).once('error', reject))
      for (let time = 0; time < 3000; time++) {
        const image = DiskImage.read(directory)
        for (const { node } of image.entries()) {
          expect(image.files.get(node)?.toBytes().toString()).to.equal('content')
        }
      }
    } finally {
      Atomics.store(stop, 0, 1)
      Atomics.notify(stop, 0)
      await renamer.terminate()
    }
  })

  it('says when there is no such directory', () => {
    expect(() => DiskImage.read(join(directory, 'none'))).to.throw('ENOENT')
  })
})
