// Root postinstall: compiles the memory-map add-on of the faster backend without its own install script, which
// would first ask a download server. A failure is only a warning: the backend then reads with pread.
import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const CPP20_ABI = 137 // From Node 24 on, the headers need C++20; the add-on asks for C++17.

const root = dirname(import.meta.dirname)
const require = createRequire(join(root, 'backends/faster/package.json'))

/** The folder of the add-on, or undefined where optional dependencies were left out. */
const findAddon = () => {
  try {
    return dirname(require.resolve('mmap-io/package.json'))
  } catch {
    return undefined
  }
}

const build = (addon) => {
  const abi = Number(process.versions.modules)
  // Where the add-on's loader looks for its binary.
  const target = join(addon, 'build/binding/Release', `node-v${abi}-${process.platform}-${process.arch}`)
  if (existsSync(join(target, 'mmap_io.node'))) return
  const gyp = process.env.npm_config_node_gyp ?? require.resolve('node-gyp/bin/node-gyp.js')
  const prefix = dirname(dirname(realpathSync(process.execPath)))
  const env = { ...process.env }
  if (!env.npm_config_nodedir && existsSync(join(prefix, 'include/node/node.h')))
    env.npm_config_nodedir = prefix
  if (abi >= CPP20_ABI) env.CXXFLAGS = `${env.CXXFLAGS ?? ''} -std=gnu++20`
  const options = ['--module_name=mmap_io', `--module_path=${target}`]
  execFileSync(process.execPath, [gyp, 'rebuild', ...options], { cwd: addon, env, stdio: 'pipe' })
}

const addon = findAddon()
if (addon !== undefined) {
  try {
    build(addon)
  } catch (error) {
    const reason = String(error.stderr ?? error)
      .trim()
      .split('\n')
      .at(-1)
    console.error(`mmap-io could not be built (${reason}); the faster backend will read with pread`)
  }
}
