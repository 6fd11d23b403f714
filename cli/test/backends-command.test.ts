import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { BackendRow } from '../src/backend-row.js'
import { plog, temporaryDirectory } from './support.js'

describe('plog backends', function () {
  this.timeout(30_000) // Opens an engine and loads native modules.
  const place = temporaryDirectory()
  const rowsOf = (out: string) => JSON.parse(out) as BackendRow[]

  it('lists every known backend with its package, and what it says about itself', async () => {
    const { exitCode, out } = await plog(['backends', '--json'])
    const rows = rowsOf(out)
    expect(rows.map(({ name }) => name)).to.deep.equal(['memory', 'faster', 'lmdb', 'level'])
    const lmdb = rows.find(({ name }) => name === 'lmdb')
    expect(lmdb).to.deep.include({
      package: '@persistent-log/backend-lmdb',
      installed: true,
      needsDirectory: true,
    })
    expect(lmdb?.version).to.match(/^\d+\.\d+\.\d+$/)
    expect(lmdb?.summary).to.not.equal('')
    expect(lmdb).to.not.have.property('capabilities')
    expect(exitCode).to.equal(rows.some(({ problem }) => problem !== undefined) ? 1 : 0)
  })

  it('prints a table for people', async () => {
    const { out } = await plog(['backends'])
    expect(out).to.include('installed')
    for (const name of ['memory', 'faster', 'lmdb', 'level'])
      expect(out).to.include(`@persistent-log/backend-${name}`)
  })

  it('opens them and lists what they can do when it is asked to', async () => {
    const { out } = await plog(['backends', '--open', '--json'])
    const lmdb = rowsOf(out).find(({ name }) => name === 'lmdb')
    expect(lmdb?.capabilities?.survives).to.deep.equal({ accept: 'power-loss', commit: 'power-loss' })
    expect((await plog(['backends', '--open'])).out).to.include('power-loss')
  })

  it('says which one is not installed', async () => {
    const { out } = await plog(['backends', 'no-such-package', '--json'])
    expect(rowsOf(out).at(-1)).to.deep.equal({
      name: 'no-such-package',
      package: 'no-such-package',
      installed: false,
    })
    expect((await plog(['backends', 'no-such-package'])).out).to.match(
      /no-such-package +│ no-such-package +│ no /,
    )
  })

  it('ends with 1 when one is there but cannot be used, and says why', async () => {
    const file = join(place.path, 'broken.mjs')
    writeFileSync(file, 'throw new Error("no such engine")')
    const { exitCode, out } = await plog(['backends', file])
    expect(exitCode).to.equal(1)
    expect(out).to.include('cannot be used').and.include('no such engine')
  })

  it('blames no backend for a temporary directory that cannot be used', async () => {
    const before = process.env['TMPDIR']
    process.env['TMPDIR'] = '/no/such'
    try {
      const { exitCode, out, err } = await plog(['backends', '--open'])
      expect([exitCode, out]).to.deep.equal([1, ''])
      expect(err).to.include('PLOG_INVALID_CONFIG: TMPDIR: must be a directory that logs can be made in')
    } finally {
      if (before === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = before
    }
  })
})
