import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { KNOWN_BACKENDS, locateBackend, resolveBackend } from '../../src/registry/index.js'
import { rejection } from '../support/rejections.js'
import { temporaryDirectory } from '../support/temporary-directory.js'

/** The source of a module that exports a backend, as somebody without a compiler writes it. */
const moduleOf = (name: string) => `export const backend = {
  name: '${name}', summary: 'for a test', needsDirectory: false,
  options: { safeParse: (input) => ({ success: true, data: input }) },
  open: () => Promise.reject(new Error('not opened here')),
}\n`

describe('a backend by name', () => {
  const place = temporaryDirectory()
  const install = async (name: string, manifest: object, files: Record<string, string>) => {
    const folder = join('node_modules', name)
    await place.write(join(folder, 'package.json'), JSON.stringify({ name, type: 'module', ...manifest }))
    for (const [file, text] of Object.entries(files)) await place.write(join(folder, file), text)
  }
  const nameOf = async (specifier: string, below = '.') =>
    (await resolveBackend(specifier, { relativeTo: join(place.path, below) })).name

  it('is found when its package exports for import only', async () => {
    await install(
      'import-only',
      { exports: { '.': { import: './main.js' } } },
      { 'main.js': moduleOf('import-only') },
    )
    expect(await nameOf('import-only')).to.equal('import-only')
  })

  it("is found in a folder above the user's own", async () => {
    await install('@scope/above', { exports: './main.js' }, { 'main.js': moduleOf('above') })
    expect(await nameOf('@scope/above', 'a/b/c')).to.equal('above')
  })

  it('is read from the module for import where a package has one for require too', async () => {
    const exports = { require: './main.cjs', import: './main.js' }
    await install('two-faced', { exports }, { 'main.js': moduleOf('esm'), 'main.cjs': 'module.exports = {}' })
    expect(await nameOf('two-faced')).to.equal('esm')
  })

  it('is found behind nested conditions, lists and types', async () => {
    const exports = {
      '.': { types: './x.d.ts', browser: './b.js', node: [{ deno: './d.js' }, { default: './main.js' }] },
    }
    await install('nested', { exports }, { 'main.js': moduleOf('nested') })
    expect(await nameOf('nested')).to.equal('nested')
  })

  it('is found under a subpath and under the longest pattern', async () => {
    const exports = { './exact': './exact.js', './*': './any/*.js', './deep/*': { default: './deeper/*.js' } }
    await install(
      'parts',
      { exports },
      {
        'exact.js': moduleOf('exact'),
        'any/one.js': moduleOf('any-one'),
        'deeper/one.js': moduleOf('deep-one'),
      },
    )
    expect(await nameOf('parts/exact')).to.equal('exact')
    expect(await nameOf('parts/one')).to.equal('any-one')
    expect(await nameOf('parts/deep/one')).to.equal('deep-one')
    await rejection('PLOG_UNKNOWN_BACKEND', () => nameOf('parts'))
  })

  it('is found by main, or as index.js, in a package without exports', async () => {
    await install('with-main', { main: './lib/main' }, { 'lib/main.js': moduleOf('with-main') })
    await install('with-index', {}, { 'index.js': moduleOf('with-index') })
    expect(await nameOf('with-main')).to.equal('with-main')
    expect(await nameOf('with-index')).to.equal('with-index')
  })

  it('is found when it is the very package that the user works in', async () => {
    await place.write('package.json', JSON.stringify({ name: 'mine', type: 'module', exports: './main.js' }))
    await place.write('main.js', moduleOf('mine'))
    await place.write('test/x.txt', '')
    expect(await nameOf('mine', 'test')).to.equal('mine')
  })

  it('is found by relative path, absolute path, file URL and package folder', async () => {
    const file = await place.write('own/index.js', moduleOf('own'))
    await place.write(
      'own/package.json',
      JSON.stringify({ name: 'own', type: 'module', exports: './index.js' }),
    )
    expect(await nameOf('./own/index.js')).to.equal('own')
    expect(await nameOf('../own/index.js', 'other')).to.equal('own')
    expect(await nameOf(file)).to.equal('own')
    expect(await nameOf(pathToFileURL(file).href)).to.equal('own')
    expect(await nameOf('./own')).to.equal('own')
  })

  it("is taken from the user's project before the core's own neighbours", async () => {
    await install(
      '@persistent-log/backend-memory',
      { exports: './main.js' },
      { 'main.js': moduleOf('users-own') },
    )
    expect(await nameOf('memory')).to.equal('users-own')
  })

  it("is found beside the core when the user's project has none", () => {
    const url = locateBackend('memory', { relativeTo: '/' })
    expect(url.pathname).to.match(/\/@persistent-log\/backend-memory\/dist\/src\/index\.js$/)
  })

  for (const specifier of [
    'memroy',
    'no-such-package',
    './none.js',
    'file:///none.js',
    'node:fs',
    '@scope',
    'a b',
    '../',
  ]) {
    it(`is refused as ${JSON.stringify(specifier)}, and the known ones are listed`, async () => {
      const { context, message } = await rejection('PLOG_UNKNOWN_BACKEND', () => nameOf(specifier))
      expect(context.value).to.equal(specifier)
      expect(context.known).to.deep.equal(['memory', 'faster', 'lmdb', 'level'])
      expect(message).to.include('memory, faster, lmdb, level')
    })
  }

  it('is refused with the place from where it was looked for, and the name that may be meant', async () => {
    const { message } = await rejection('PLOG_UNKNOWN_BACKEND', () => nameOf('fster'))
    expect(message).to.include('unknown backend "fster"; known are memory, faster')
    expect(message).to.include(`did you mean "faster"?; looked for from ${place.path} (see relativeTo)`)
    const other = await rejection('PLOG_UNKNOWN_BACKEND', () => nameOf('somebody-elses'))
    expect(other.message).not.to.include('did you mean')
  })

  it('is found by a package.json with a byte order mark, as npm reads it', async () => {
    await place.write('marked/package.json', '\uFEFF{ "type": "module", "exports": "./main.js" }')
    await place.write('marked/main.js', moduleOf('marked'))
    const url = locateBackend('./marked', { relativeTo: place.path })
    expect(url.pathname).to.equal(`${place.path}/marked/main.js`)
  })

  it('is PLOG_IO where the system does not hand out a package.json: that says nothing of what is in it', async () => {
    const manifest = await place.write('own/package.json', '{}')
    await chmod(place.path, 0o755)
    await chmod(manifest, 0)
    const wasRoot = process.geteuid?.() === 0
    // The superuser, whom no permission stops, becomes an identity that owns no files.
    if (wasRoot) process.seteuid?.(65_534)
    try {
      const { context, message } = await rejection('PLOG_IO', () => nameOf('./own'))
      expect(context.file).to.equal(manifest)
      expect(message).to.include('EACCES')
    } finally {
      if (wasRoot) process.seteuid?.(0)
    }
  })

  for (const specifier of ['file://remote/x.js', 'file:///a%2Fb.js', 'file://[']) {
    it(`is refused as ${JSON.stringify(specifier)}, which names no file here`, async () => {
      const { context, cause } = await rejection('PLOG_INVALID_CONFIG', () => nameOf(specifier))
      expect(context).to.deep.include({ field: 'backend', value: specifier })
      expect(cause).to.be.instanceOf(TypeError)
    })
  }

  for (const text of ['{ "exports": ', 'null']) {
    it(`is refused where a package.json on the way holds ${text}, with its path`, async () => {
      const manifest = await place.write('own/package.json', text)
      for (const [specifier, below] of [
        ['./own', '.'],
        ['some-package', 'own/deep'],
      ] as const) {
        const { context, message } = await rejection('PLOG_INVALID_CONFIG', () => nameOf(specifier, below))
        expect(context).to.deep.include({ field: 'backend', value: manifest })
        expect(message).to.include(`${manifest} must be a JSON object`)
      }
    })
  }

  it('is refused when its module cannot be loaded, with the cause', async () => {
    await install('broken', { exports: './main.js' }, { 'main.js': 'throw new RangeError("no engine")' })
    const { context, cause, message } = await rejection('PLOG_INVALID_CONFIG', () => nameOf('broken'))
    expect(context.field).to.equal('backend')
    expect(message).to.include('broken/main.js cannot be loaded: no engine')
    expect(cause).to.be.instanceOf(RangeError)
  })

  it('is refused when its package promises a module that is not there', async () => {
    await install('hollow', { exports: './main.js' }, {})
    const { cause } = await rejection('PLOG_INVALID_CONFIG', () => nameOf('hollow'))
    expect(cause).to.have.property('code', 'ERR_MODULE_NOT_FOUND')
  })

  it('is refused when its module exports no backend', async () => {
    await install('other', { exports: './main.js' }, { 'main.js': 'export const store = {}' })
    const { message } = await rejection('PLOG_INVALID_CONFIG', () => nameOf('other'))
    expect(message).to.include(
      'other/main.js exports no "backend"; the result of defineBackend() is expected',
    )
  })

  it('is refused when what it exports has another shape, part by part', async () => {
    const text =
      'export const backend = { name: "odd", summary: "x", needsDirectory: "no", options: {}, open() {} }'
    await install('odd', { exports: './main.js' }, { 'main.js': text })
    const { message } = await rejection('PLOG_INVALID_CONFIG', () => nameOf('odd'))
    expect(message).to.include('options must be a schema with safeParse(), as fields() makes one')
    expect(message).to.include('needsDirectory must be a boolean')
  })

  it('knows its package even where it is not installed', () => {
    expect(KNOWN_BACKENDS).to.deep.include({ name: 'lmdb', packageName: '@persistent-log/backend-lmdb' })
  })
})
