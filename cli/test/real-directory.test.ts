import { tmpdir } from 'node:os'
import { expect } from 'chai'
import { isPersistentLogError } from '@persistent-log/core'
import { realDirectory } from '../src/real-directory.js'

describe('a directory for a conformance run', () => {
  const EXT4 = 0xef53

  it('is the temporary directory unless another one is asked for', async () => {
    expect(await realDirectory(undefined, async () => EXT4)).to.equal(tmpdir())
    expect(await realDirectory('/data', async () => EXT4)).to.equal('/data')
  })

  for (const [name, type] of [
    ['tmpfs', 0x01021994],
    ['ramfs', 0x858458f6],
    ['ramfs', 0x858458f6 | 0], // As a signed 32-bit number.
  ] as const) {
    it(`is refused on ${name} (${type})`, async () => {
      let seen: unknown
      await realDirectory('/fast', async () => type).catch((error: unknown) => (seen = error))
      expect(isPersistentLogError(seen, 'PLOG_INVALID_CONFIG')).to.equal(true)
      expect(String(seen)).to.include(`--directory: /fast is on ${name}, where a flush proves nothing`)
    })
  }

  it('may be on any file system with a disk', async () => {
    for (const type of [EXT4, 0x9123683e, 0x58465342, 0x794c7630])
      expect(await realDirectory('/data', async () => type)).to.equal('/data')
  })
})
