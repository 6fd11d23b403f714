import { expect } from 'chai'
import { fileURLToPath } from 'node:url'
import { plog } from './support.js'

const FORGETFUL = fileURLToPath(new URL('./fixtures/forgetful-backend.js', import.meta.url))

describe('plog differential', function () {
  this.timeout(60_000) // Opens real engines.

  it('ends with 0 when both answered alike', async () => {
    const { exitCode, out } = await plog(['differential', 'memory', 'lmdb', '--seed', '3', '--calls', '60'])
    expect([exitCode, out]).to.deep.equal([
      0,
      'memory and lmdb answered alike in 60 calls, and held the same after each\nreplay with --seed 3',
    ])
  })

  it('ends with 1 and shows the first difference', async () => {
    const argv = ['differential', 'lmdb', FORGETFUL, '--seed', '3', '--calls', '300']
    const { exitCode, out } = await plog(argv)
    expect(exitCode).to.equal(1)
    expect(out).to.match(/^first difference at call \d+ of 300: promise/)
    expect(out)
      .to.include('lmdb holds what the other does not: ], "promised": {')
      .and.include('replay with --seed 3')
    const { difference } = JSON.parse((await plog([...argv, '--json'])).out) as {
      readonly difference: { readonly kind: string }
    }
    expect(difference.kind).to.equal('state')
  })

  it('says which backend cannot be found', async () => {
    const { exitCode, err } = await plog(['differential', 'memory', 'lmbd'])
    expect(exitCode).to.equal(1)
    expect(err).to.include('PLOG_UNKNOWN_BACKEND: unknown backend "lmbd"')
  })

  it('refuses a directory that cannot be used', async () => {
    const { exitCode, err } = await plog(['differential', 'memory', 'lmdb', '--directory', '/no/such'])
    expect(exitCode).to.equal(1)
    expect(err).to.match(
      /^PLOG_INVALID_CONFIG: --directory: must be a directory .*, got "\/no\/such": ENOENT.*$/,
    )
  })
})
