import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect } from 'chai'
import { isPersistentLogError } from '@persistent-log/core'
import { realDirectory, usableDirectory } from '../src/real-directory.js'
import { temporaryDirectory } from './support.js'

describe('a directory for a conformance run', () => {
  const EXT4 = 0xef53
  const place = temporaryDirectory()

  it('is the temporary directory unless another one is asked for', async () => {
    expect(await realDirectory(undefined, async () => EXT4)).to.equal(tmpdir())
    expect(await realDirectory(place.path, async () => EXT4)).to.equal(place.path)
  })

  for (const [name, type] of [
    ['tmpfs', 0x01021994],
    ['ramfs', 0x858458f6],
    ['ramfs', 0x858458f6 | 0], // As a signed 32-bit number.
  ] as const) {
    it(`is refused on ${name} (${type})`, async () => {
      let seen: unknown
      await realDirectory(place.path, async () => type).catch((error: unknown) => (seen = error))
      expect(isPersistentLogError(seen, 'PLOG_INVALID_CONFIG')).to.equal(true)
      expect(String(seen)).to.include(
        `--directory: ${place.path} is on ${name}, where a flush proves nothing`,
      )
    })
  }

  it('may be on any file system with a disk', async () => {
    for (const type of [EXT4, 0x9123683e, 0x58465342, 0x794c7630])
      expect(await realDirectory(place.path, async () => type)).to.equal(place.path)
  })

  it('is tried out, and nothing is left in it', async () => {
    expect(await usableDirectory(place.path)).to.equal(place.path)
    expect(readdirSync(place.path)).to.deep.equal([])
  })

  for (const [what, directory, reason] of [
    ['is absent', '/no/such', 'ENOENT'],
    ['is a file', process.execPath, 'ENOTDIR'],
    ['takes no directories', '/proc', 'ENOENT'],
  ] as const) {
    it(`is refused by name, path and reason where it ${what}`, async () => {
      for (const wanted of [usableDirectory, realDirectory]) {
        let seen: unknown
        await wanted(directory).catch((error: unknown) => (seen = error))
        expect(isPersistentLogError(seen, 'PLOG_INVALID_CONFIG')).to.equal(true)
        expect(String(seen)).to.include(
          `--directory: must be a directory that logs can be made in, got "${directory}": ${reason}`,
        )
      }
    })
  }
})
