import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version in the manifest around a module, if it has one. */
export function versionAt(module: URL): string | undefined {
  if (module.protocol !== 'file:') return undefined
  for (let folder = dirname(fileURLToPath(module)); folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'package.json')
    if (!existsSync(file)) continue
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version?: unknown }
    return typeof version === 'string' ? version : undefined
  }
  return undefined
}
