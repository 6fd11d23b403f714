// Who may import whom. An arrow never points upwards:
//   cli, examples, bench -> backends -> core;  cli, tests of backends -> conformance -> core
import { strict as assert } from 'node:assert'
import { dirname, resolve, sep } from 'node:path'
import { allFiles, importsOf, packages, siblingOf } from './sources.mjs'

const CORE = '@persistent-log/core'
const CONFORMANCE = '@persistent-log/conformance'
const backends = [...packages.keys()].filter((name) => name.startsWith('@persistent-log/backend-'))

/** What the files below a package's `src` or `test` may import from our other packages. */
const allowed = ({ name }, part) => {
  if (name === CORE) return []
  if (name === CONFORMANCE) return [CORE]
  if (backends.includes(name)) return part === 'src' ? [CORE] : [CORE, CONFORMANCE]
  if (name === '@persistent-log/cli') return [CORE, CONFORMANCE, ...(part === 'test' ? backends : [])]
  return [CORE, ...backends] // examples and bench
}

/** The folders and files that alone may import a library. */
const CONFINED = new Map([
  ['inversify', 'core/src/container/'],
  ['mmap-io', 'backends/faster/src/segments/mapped-segment-files.ts'],
])

const none = (offences) => assert.deepEqual(offences, [])

describe('tidy: imports', () => {
  for (const item of packages.values()) {
    it(`${item.folder} imports only what lies below it`, () => {
      const offences = item.files.flatMap((file) =>
        importsOf(file)
          .map(({ specifier, place }) => ({ sibling: siblingOf(specifier), place }))
          // A test may import its own package by name, as a user does.
          .filter(({ sibling }) => sibling !== undefined && !(file.part === 'test' && sibling === item.name))
          .filter(({ sibling }) => !allowed(item, file.part).includes(sibling))
          .map(({ sibling, place }) => `${place} imports ${sibling}`),
      )
      none(offences)
    })
  }

  it('leaves a package only through its name', () => {
    const offences = [...packages.values()].flatMap((item) =>
      item.files.flatMap((file) =>
        importsOf(file)
          .filter(({ specifier }) => specifier.startsWith('.'))
          .filter(({ specifier }) => !resolve(dirname(file.path), specifier).startsWith(item.path + sep))
          .map(({ specifier, place }) => `${place} imports ${specifier}`),
      ),
    )
    none(offences)
  })

  it('imports only packages that the manifest declares', () => {
    const offences = [...packages.values()].flatMap(({ name, manifest, files }) => {
      const shipped = {
        ...manifest.dependencies,
        ...manifest.optionalDependencies,
        ...manifest.peerDependencies,
      }
      return files.flatMap((file) =>
        importsOf(file)
          .map(({ specifier, place }) => {
            const parts = specifier.split('/')
            return {
              wanted: specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0],
              specifier,
              place,
            }
          })
          .filter(({ specifier }) => !/^(?:\.|node:)/.test(specifier))
          .filter(({ wanted }) => wanted !== name && wanted !== 'mocha' && !(wanted in shipped))
          .filter(({ wanted }) => file.part === 'src' || !(wanted in (manifest.devDependencies ?? {})))
          .map(({ wanted, place }) => `${place} imports ${wanted}`),
      )
    })
    none(offences)
  })

  it('has no cycle between packages', () => {
    const state = new Map()
    const visit = (name, path) => {
      if (state.get(name) === 'done') return
      assert.notEqual(state.get(name), 'open', `cycle: ${[...path, name].join(' -> ')}`)
      state.set(name, 'open')
      const { dependencies = {}, devDependencies = {} } = packages.get(name).manifest
      for (const next of Object.keys({ ...dependencies, ...devDependencies })) {
        if (packages.has(next)) visit(next, [...path, name])
      }
      state.set(name, 'done')
    }
    for (const name of packages.keys()) visit(name, [])
  })

  for (const [library, home] of CONFINED) {
    it(`imports ${library} only in ${home}`, () => {
      const offences = allFiles
        .filter(({ part, shown }) => part === 'src' && !shown.startsWith(home))
        .flatMap(importsOf)
        .filter(({ specifier }) => specifier === library || specifier.startsWith(`${library}/`))
      none(offences.map(({ place }) => place))
    })
  }
})
