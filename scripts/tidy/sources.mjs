// Reads the TypeScript sources of every package once, parsed, for the tidy tests.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { filesBelow, shown, workspaces } from '../workspaces.mjs'

const PREFIX = '@persistent-log/'

const parse = (path) =>
  ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.ES2023, true, ts.ScriptKind.TS)

/** Packages by npm name: folder, manifest, and the parsed files of `src` and `test`. */
export const packages = new Map(
  workspaces().map(({ folder, path, manifest }) => {
    const parsed = (part) =>
      filesBelow(join(path, part))
        .filter((file) => /\.[cm]?tsx?$/.test(file))
        .map((file) => ({ path: file, shown: shown(file), part, tree: parse(file) }))
    return [
      manifest.name,
      { name: manifest.name, folder, path, manifest, files: [...parsed('src'), ...parsed('test')] },
    ]
  }),
)

export const allFiles = [...packages.values()].flatMap(({ files }) => files)

export const sourceFiles = allFiles.filter(({ part }) => part === 'src')

/** Calls `visit` for every node of a tree, outermost first. */
export const walk = (node, visit) => {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** `path:line` of a node, as an editor opens it. */
export const at = (file, node) => {
  const { line } = file.tree.getLineAndCharacterOfPosition(node.getStart(file.tree))
  return `${file.shown}:${line + 1}`
}

/** Every place where a node satisfies `condition`. */
export const placesOf = (files, condition) => {
  const places = []
  for (const file of files) {
    walk(file.tree, (node) => {
      if (condition(node, file)) places.push(at(file, node))
    })
  }
  return places
}

const specifierOf = (node) => {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal
  const isLoading =
    ts.isCallExpression(node) &&
    (node.expression.kind === ts.SyntaxKind.ImportKeyword || /^require$/i.test(node.expression.getText()))
  return isLoading ? node.arguments[0] : undefined
}

/** The literal module specifiers of a file, with the place of each. */
export const importsOf = (file) => {
  const found = []
  walk(file.tree, (node) => {
    const specifier = specifierOf(node)
    if (specifier && ts.isStringLiteralLike(specifier)) {
      found.push({ specifier: specifier.text, place: at(file, specifier) })
    }
  })
  return found
}

/** `@persistent-log/core/backend` -> `@persistent-log/core`; undefined for a module that is not ours. */
export const siblingOf = (specifier) =>
  specifier.startsWith(PREFIX) ? specifier.split('/').slice(0, 2).join('/') : undefined
