// The backend of a third party, as the guide in examples/third-party-backend makes it: packs the packages that it needs,
// installs them with it into an empty folder outside this repository, and runs the kit there by its npm name: under mocha,
// and by `plog conformance`, which writes the certificate. Its engine is compiled, which takes some minutes; a machine that
// cannot is SKIPPED with the reason, and fails where CI is true.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addTotals, close, noTotals, outcomeOf } from './totals.mjs'
import { readJson, root, workspaces } from './workspaces.mjs'

const EXAMPLE = join(root, 'examples/third-party-backend')
const PACKED = ['core', 'conformance', 'cli']
const LIMIT_MS = 20 * 60_000

const { name } = readJson(join(EXAMPLE, 'package.json'))
const windows = process.platform === 'win32'
const npm = windows ? 'npm.cmd' : 'npm'
const npx = windows ? 'npx.cmd' : 'npx'
const work = mkdtempSync(join(tmpdir(), 'third-party-'))
const project = join(work, name)

const run = (title, command, args, { cwd = project, shown = true } = {}) => {
  console.log(`\n$ ${title}`)
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd,
    shell: windows,
    encoding: 'utf8',
    stdio: ['ignore', shown ? 'inherit' : 'pipe', shown ? 'inherit' : 'pipe'],
    timeout: LIMIT_MS,
    // There is no prebuilt engine to ask a download server for.
    env: { ...process.env, npm_config_build_from_source: 'true' },
  })
  return { ok: status === 0, stdout, output: `${error?.message ?? ''}${stdout ?? ''}${stderr ?? ''}` }
}

const packAll = () =>
  workspaces()
    .filter(({ folder }) => PACKED.includes(folder))
    .map(({ path }) => {
      const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', work, path]
      const { ok, stdout, output } = run(`npm pack ${path}`, npm, args, { cwd: root, shown: false })
      if (!ok) throw new Error(output)
      return join(work, Object.values(JSON.parse(stdout))[0].filename)
    })

const outcome = (title, ok) => {
  console.log(`\n${ok ? 'ok  ' : 'FAIL'} ${title}`)
  return outcomeOf(title, ok)
}

/** A machine without a compiler cannot run the rest. */
const leftOut = (reason) => {
  const inCi = process.env.CI === 'true'
  const why = `${name} cannot be installed: ${reason}`
  if (inCi) return outcomeOf(`skipped, which CI forbids: ${why}`, false)
  console.log(`\nSKIPPED: ${why}`)
  return { ...noTotals(), skipped: 1 }
}

/** Tier 2 needs strace: the kit says so where it is missing, and in CI it may not be. */
const examine = () => {
  const certificate = ['--tier', '1,2', '--json', 'report.json', '--html', 'certificate.html']
  if (process.env.CI === 'true') certificate.push('--require', '2')
  const results = [
    outcome(
      'the test of the package, under mocha',
      run('npm test', npm, ['test', '--silent', '--', '--reporter', 'dot']).ok,
    ),
    outcome(
      `plog conformance ${name}`,
      run(`npx plog conformance ${name} ${certificate.join(' ')}`, npx, [
        'plog',
        'conformance',
        name,
        ...certificate,
      ]).ok,
    ),
  ]
  const { passed, failed, ackedWrites } = readJson(join(project, 'report.json'))
  const html = readFileSync(join(project, 'certificate.html'), 'utf8')
  const isWhole =
    passed > 0 && failed === 0 && ackedWrites.lost === 0 && html.includes(name.replace('plog-backend-', ''))
  console.log(`certificate.html: ${html.length} bytes; ${passed} cases passed, ${failed} failed`)
  console.log(`acknowledged writes: ${ackedWrites.verified} verified, ${ackedWrites.lost} lost`)
  return [...results, outcome('the certificate', isWhole)].reduce(addTotals)
}

try {
  const tarballs = packAll()
  cpSync(EXAMPLE, project, { recursive: true, filter: (path) => !path.includes('node_modules') })
  const installing = run(
    `npm install <packed packages>`,
    npm,
    ['install', '--no-audit', '--no-fund', ...tarballs],
    { shown: false },
  )
  close(installing.ok ? examine() : leftOut(installing.output.trim().split('\n').slice(-12).join('\n')))
} finally {
  rmSync(work, { recursive: true, force: true })
}
