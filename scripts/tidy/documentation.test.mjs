// What the core exports is documented where it is declared; every error code is documented in its README.
import { strict as assert } from 'node:assert'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root, shown } from '../workspaces.mjs'
import { packages } from './sources.mjs'

const core = packages.get('@persistent-log/core')

/** The sources of the entry points that the manifest promises. */
const entryPoints = Object.values(core.manifest.exports)
  .filter((target) => typeof target === 'object')
  .map(({ default: output }) => join(core.path, output.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts')))

/** What a library declares, and the core passes on, is documented there. */
const isOurs = (declared) =>
  declared.declarations?.some(
    (declaration) => !declaration.getSourceFile().fileName.includes('/node_modules/'),
  )

/** Exported names of an entry point that have no TSDoc at any of their declarations. */
const undocumented = (checker, entry) => {
  const symbol = checker.getSymbolAtLocation(entry)
  if (symbol === undefined) return []
  return checker
    .getExportsOfModule(symbol)
    .map((exported) =>
      exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported,
    )
    .filter((declared) => declared.getDocumentationComment(checker).length === 0 && isOurs(declared))
    .map((declared) => {
      const declaration = declared.declarations?.[0]
      const file = declaration ? shown(declaration.getSourceFile().fileName) : shown(entry.fileName)
      return `${file}: ${declared.name}`
    })
}

describe('tidy: documentation', function () {
  this.timeout(60_000) // The compiler reads the whole core.

  it('finds the source of every entry point of the core', () => {
    assert.deepEqual(entryPoints.filter((entry) => !existsSync(entry)).map(shown), [])
  })

  it('documents every declaration that the core exports', () => {
    const present = entryPoints.filter((entry) => existsSync(entry))
    const config = ts.getParsedCommandLineOfConfigFile(
      join(core.path, 'tsconfig.json'),
      { noEmit: true },
      { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
    )
    const program = ts.createProgram(present, config.options)
    const checker = program.getTypeChecker()
    const names = present.flatMap((entry) => undocumented(checker, program.getSourceFile(entry)))
    assert.deepEqual([...new Set(names)].sort(), [])
  })

  const codesFile = join(root, 'core/src/errors/codes.ts')
  const readmeFile = join(root, 'core/README.md')
  if (existsSync(codesFile) && existsSync(readmeFile)) {
    it('documents every error code in the README of the core', () => {
      const readme = readFileSync(readmeFile, 'utf8')
      const codes = readFileSync(codesFile, 'utf8').match(/\bPLOG_[A-Z0-9_]+\b/g) ?? []
      const missing = [...new Set(codes)].filter((code) => !new RegExp(`\\b${code}\\b`).test(readme))
      assert.deepEqual(missing, [])
    })
  }
})
