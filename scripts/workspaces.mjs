// The packages of this repository, read from the root package.json. Node built-ins only.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'

export const root = dirname(import.meta.dirname)

export const readJson = (path) => JSON.parse(readFileSync(path, 'utf8'))

const foldersOf = (pattern) => {
  if (!pattern.endsWith('/*')) return [pattern]
  const parent = pattern.slice(0, -2)
  return readdirSync(join(root, parent)).map((name) => `${parent}/${name}`)
}

/** Every workspace: `folder` relative to the root with forward slashes, `path`, and its `manifest`. */
export const workspaces = () =>
  readJson(join(root, 'package.json'))
    .workspaces.flatMap(foldersOf)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .map((folder) => {
      const path = join(root, folder)
      return { folder, path, manifest: readJson(join(path, 'package.json')) }
    })

/** All files below a folder in a stable order, absolute; an absent folder has none. */
export const filesBelow = (folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
    : []

/** A path as people write it: relative to the root, forward slashes. */
export const shown = (path) => relative(root, path).split(sep).join('/')
