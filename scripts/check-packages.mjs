// Packs every public package as it would be published and examines the tarball: publint (the manifest points at files
// that are there) and attw (every entry point resolves to its types).
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addTotals, close, noTotals, outcomeOf } from './totals.mjs'
import { root, workspaces } from './workspaces.mjs'

const tool = (name, ...parts) => [process.execPath, [join(root, 'node_modules', name, ...parts)]]
const PUBLINT = tool('publint', 'src/cli.js')
const ATTW = tool('@arethetypeswrong/cli', 'dist/index.js')

const run = ([command, args], more) => {
  const { status, stdout, stderr } = spawnSync(command, [...args, ...more], { cwd: root, encoding: 'utf8' })
  return { ok: status === 0, stdout, output: `${stdout}${stderr}` }
}

const report = (title, { ok, output }) => {
  console.log(`  ${ok ? 'ok  ' : 'FAIL'} ${title}`)
  if (!ok) console.log(output.replaceAll(/^/gm, '       '))
  return outcomeOf(title, ok)
}

const target = mkdtempSync(join(tmpdir(), 'packed-'))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** What a package must not carry: build state, tests, and anything that is not compiled. */
const strayFiles = (files) =>
  files.map(({ path }) => path).filter((path) => /tsbuildinfo$|^dist\/test\/|^src\//.test(path))

const checkPackage = ({ path, manifest }) => {
  const packing = run([npm, ['pack', '--json', '--ignore-scripts', '--pack-destination', target]], [path])
  if (!packing.ok) return report(`${manifest.name}: npm pack`, packing)
  const [packed] = Object.values(JSON.parse(packing.stdout))
  const tarball = join(target, packed.filename)
  const stray = strayFiles(packed.files)
  const results = [
    report(`${manifest.name}: contents`, { ok: stray.length === 0, output: stray.join('\n') }),
    report(`${manifest.name}: publint`, run(PUBLINT, ['run', tarball, '--strict'])),
  ]
  // A package with a binary only has no types to resolve.
  if (manifest.exports['.']) {
    results.push(
      report(`${manifest.name}: attw`, run(ATTW, [tarball, '--profile', 'esm-only', '--no-emoji'])),
    )
  }
  return results.reduce(addTotals)
}

const results = workspaces()
  .filter(({ manifest }) => !manifest.private)
  .map(checkPackage)
rmSync(target, { recursive: true, force: true })
close(results.reduce(addTotals, noTotals()))
