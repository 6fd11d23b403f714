import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { freshDirectory, openAt, refusal } from './directories.js'

/** An identity that owns no files; the superuser, whom no permission stops, becomes it for a moment. */
const NOBODY = 65_534

describe('a log directory that may not be written', () => {
  const directory = freshDirectory()
  const wasRoot = process.geteuid?.() === 0

  const withoutPrivileges = async <T>(work: () => Promise<T>): Promise<T> => {
    if (wasRoot) process.seteuid?.(NOBODY)
    try {
      return await work()
    } finally {
      if (wasRoot) process.seteuid?.(0)
    }
  }

  for (const [title, path] of [
    ['itself', 'locked'],
    ['in its parent', join('locked', 'log')],
  ] as const) {
    it(`is refused when the permission is missing ${title}`, async () => {
      await chmod(directory(), 0o755)
      await mkdir(join(directory(), 'locked'), { mode: 0o555 })
      const error = await withoutPrivileges(() => refusal(openAt(join(directory(), path))))
      expect(error.code).to.equal('PLOG_INVALID_CONFIG')
      expect(error.context.field).to.equal('directory')
      expect(error.message).to.contain('may not write')
    })
  }
})
