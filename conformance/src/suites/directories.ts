import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { isPersistentLogError, type PersistentLog } from '@persistent-log/core'
import { outcomeOf, rejects } from '../running/assertions.js'
import type { CaseContext } from '../running/case-context.js'
import { dump, type Dump } from '../running/dump.js'
import { needsAll, needsReopen, type Case } from './case.js'
import { expectIntact, filled, placeOf } from './filled-log.js'
import { IDENTITY_FILE, IdentityFile } from './identity-files.js'

/** A log that keeps no identity in its directory cannot be examined on it. */
const needsIdentity = needsAll(needsReopen, (_, files) =>
  files.includes(IDENTITY_FILE) ? undefined : `it keeps no ${IDENTITY_FILE} in its directory`,
)

/** Directories that hold no log, another log, or a damaged identity. A log directory is never opened as something else. */
export const directoryCases: readonly Case[] = [
  {
    id: 'rec.existing-empty-dir',
    title: 'creates a log in a directory that exists and is empty',
    requires: needsIdentity,
    async run(ctx) {
      await mkdir(placeOf(ctx))
      expect((await ctx.open()).recovery.created).to.equal(true)
    },
  },
  {
    id: 'rec.stray-temporary-files',
    title: 'is not disturbed by temporary files that a crash left in its directory',
    requires: needsIdentity,
    async run(ctx) {
      const shown = await filled(ctx)
      for (const name of ['plog.json.tmp', 'plog.open.tmp', 'something.tmp']) {
        await writeFile(join(placeOf(ctx), name), 'half of someth')
      }
      await expectIntact(ctx, shown)
    },
  },
  {
    id: 'rec.directory-is-a-file',
    title: 'refuses a directory that is a file, and leaves the file alone',
    requires: needsIdentity,
    async run(ctx) {
      await writeFile(placeOf(ctx), 'precious')
      const refusal = await rejects(ctx.open(), 'PLOG_INVALID_CONFIG')
      expect(refusal.context.issues?.[0]?.path).to.equal('directory')
      expect(refusal.message).to.include(placeOf(ctx))
    },
  },
  {
    id: 'rec.foreign-directory-refused',
    title: 'refuses a directory that holds something else, and leaves it alone',
    requires: needsIdentity,
    async run(ctx) {
      await mkdir(placeOf(ctx))
      await writeFile(join(placeOf(ctx), 'thesis.tex'), 'precious')
      await rejects(ctx.open(), 'PLOG_INVALID_CONFIG')
      await rm(join(placeOf(ctx), 'thesis.tex'))
      expect((await ctx.open()).recovery.created).to.equal(true)
    },
  },
  {
    id: 'rec.newer-format-refused',
    title: 'refuses a format that is newer than it, names the versions, and loses nothing',
    requires: needsIdentity,
    async run(ctx) {
      const shown = await filled(ctx)
      const identity = await IdentityFile.in(placeOf(ctx))
      for (const changes of [{ formatVersion: 1_000 }, { version: 1_000 }]) {
        await identity.change(changes)
        const refusal = await rejects(ctx.open(), 'PLOG_UNKNOWN_FORMAT', { version: 1_000 })
        expect(refusal.context.file).to.match(/plog\.json$/)
      }
      await identity.restore()
      await expectIntact(ctx, shown)
    },
  },
  {
    id: 'rec.other-backend-refused',
    title: 'refuses the directory of another backend, names both, and loses nothing',
    requires: needsIdentity,
    async run(ctx) {
      const shown = await filled(ctx)
      const identity = await IdentityFile.in(placeOf(ctx))
      await identity.change({ backend: 'another-one' })
      const refusal = await rejects(ctx.open(), 'PLOG_WRONG_BACKEND')
      expect(refusal.message).to.include('another-one').and.to.include(ctx.backendName)
      await identity.restore()
      await expectIntact(ctx, shown)
    },
  },
  {
    id: 'rec.missing-identity-never-opens-empty',
    title: 'refuses a directory that lost its identity instead of opening it empty',
    requires: needsIdentity,
    async run(ctx) {
      const shown = await filled(ctx)
      const identity = await IdentityFile.in(placeOf(ctx))
      await rm(identity.path)
      const refusal = await rejects(ctx.open(), 'PLOG_CORRUPTED')
      expect(refusal.context.file).to.match(/plog\.json$/)
      await identity.restore()
      await expectIntact(ctx, shown)
    },
  },
  {
    id: 'rec.missing-engine-files-never-opens-empty',
    title: 'refuses a directory that lost its content instead of opening it empty',
    requires: needsIdentity,
    async run(ctx) {
      const shown = await filled(ctx)
      const away = join(ctx.directory, 'away')
      await rename(join(placeOf(ctx), 'engine'), away)
      await rejects(ctx.open(), 'PLOG_CORRUPTED')
      await rename(away, join(placeOf(ctx), 'engine'))
      await expectIntact(ctx, shown)
    },
  },
  {
    id: 'rec.identity-truncated',
    title: 'refuses an identity that was cut at any length, names the file, and loses nothing',
    requires: needsIdentity,
    async run(ctx) {
      const shown = await filled(ctx)
      const identity = await IdentityFile.in(placeOf(ctx))
      const { length } = identity.original
      for (let kept = 0; kept < length; kept += 1 + ctx.random.below(16)) {
        await expectNotMistaken(
          ctx,
          identity,
          identity.original.subarray(0, kept),
          shown,
          `cut after ${kept} bytes`,
        )
      }
      await identity.restore()
      await expectIntact(ctx, shown)
    },
  },
  {
    id: 'rec.identity-flipped',
    title: 'refuses an identity with a flipped bit, names the file, and loses nothing',
    requires: needsIdentity,
    async run(ctx) {
      const shown = await filled(ctx)
      const identity = await IdentityFile.in(placeOf(ctx))
      for (let at = 0; at < identity.original.length; at += 1 + ctx.random.below(8)) {
        const flipped = Uint8Array.from(identity.original)
        flipped[at] = (flipped[at] ?? 0) ^ (1 << ctx.random.below(8))
        await expectNotMistaken(ctx, identity, flipped, shown, `flipped at ${at}`)
      }
      await identity.restore()
      await expectIntact(ctx, shown)
    },
  },
]

/** A damaged identity is refused, or at most (a change without meaning) read as what it was; never as something else. */
async function expectNotMistaken(
  ctx: CaseContext,
  identity: IdentityFile,
  content: Uint8Array,
  shown: Dump,
  what: string,
): Promise<void> {
  await identity.put(content)
  const { value, error } = (await outcomeOf(() => ctx.open())) as { value?: PersistentLog; error?: unknown }
  if (value !== undefined) {
    const found = await dump(value)
    await value.close()
    return void expect(found, what).to.deep.equal(shown)
  }
  const known = isPersistentLogError(error) ? error : expect.fail(`${what}: ${String(error)}`)
  expect(known.code, what).to.be.oneOf(['PLOG_CORRUPTED', 'PLOG_UNKNOWN_FORMAT', 'PLOG_WRONG_BACKEND'])
  expect(dirname(known.context.file ?? ''), `${what}: ${known.message}`).to.be.oneOf([
    placeOf(ctx),
    dirname(placeOf(ctx)),
  ])
}
