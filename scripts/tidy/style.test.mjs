// The house style, as far as a program can check it.
import { strict as assert } from 'node:assert'
import { basename } from 'node:path'
import ts from 'typescript'
import { allFiles, placesOf, sourceFiles } from './sources.mjs'

const MAX_LINES = 300
/** Files that may be longer, each with its reason. Empty, and meant to stay so. */
const LONGER_FILES = new Map()

const KEBAB_CASE = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?\.ts$/

const none = (offences) => assert.deepEqual(offences, [])

const isDefaultExport = (node) =>
  (ts.isExportAssignment(node) && !node.isExportEquals) ||
  (ts.isExportSpecifier(node) && node.name.text === 'default') ||
  (ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword))

const isExclusiveTest = (node) =>
  ts.isCallExpression(node) &&
  ts.isPropertyAccessExpression(node.expression) &&
  node.expression.name.text === 'only'

describe('tidy: style', () => {
  it('has no exclusive test', () => none(placesOf(allFiles, isExclusiveTest)))

  it('has no default export', () => none(placesOf(sourceFiles, isDefaultExport)))

  it('has no enum', () => none(placesOf(sourceFiles, (node) => ts.isEnumDeclaration(node))))

  it('has no namespace', () => none(placesOf(sourceFiles, (node) => ts.isModuleDeclaration(node))))

  it('has no type any', () => none(placesOf(sourceFiles, (node) => node.kind === ts.SyntaxKind.AnyKeyword)))

  it('silences the compiler nowhere', () => {
    const silenced = /@ts-(?:ignore|nocheck)\b/
    none(allFiles.filter(({ tree }) => silenced.test(tree.text)).map(({ shown }) => shown))
  })

  it('names files in kebab-case', () => {
    none(allFiles.filter(({ path }) => !KEBAB_CASE.test(basename(path))).map(({ shown }) => shown))
  })

  it(`keeps files within ${MAX_LINES} lines`, () => {
    const lines = ({ tree }) => tree.text.trimEnd().split('\n').length
    const long = allFiles.filter((file) => lines(file) > MAX_LINES && !LONGER_FILES.has(file.shown))
    none(long.map((file) => `${file.shown} has ${lines(file)} lines`))
  })
})
