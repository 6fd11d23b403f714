// Runs the compiled tests of every package, one mocha process per package, after the tidy tests.
//
//   npm test                                   everything
//   npm test -- core backends/memory tidy      these suites only
//   npm test -- --grep ballot                  other arguments go to mocha
//
// The last line is `N passed, N failed, N skipped` over all suites. With CI=true a skipped test is a failed one: a case
// that a backend's capabilities rule out is printed by the conformance kit and is not a mocha test at all.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { addTotals, close, noTotals } from './totals.mjs'
import { filesBelow, root, shown, workspaces } from './workspaces.mjs'

const MOCHA = join(root, 'node_modules/mocha/bin/mocha.js')
const REPORTER = join(root, 'scripts/ci-reporter.mjs')
const SUITE_LIMIT_MS = 20 * 60_000 // A suite that leaves a handle open would otherwise never end.
const inCi = process.env.CI === 'true'

const suites = [
  {
    name: 'tidy',
    files: filesBelow(join(root, 'scripts/tidy')).filter((file) => file.endsWith('.test.mjs')),
  },
  ...workspaces().map(({ folder, path }) => ({
    name: folder,
    files: filesBelow(join(path, 'dist/test')).filter((file) => file.endsWith('.test.js')),
  })),
].filter(({ files }) => files.length > 0)

const known = new Set(['tidy', ...workspaces().map(({ folder }) => folder)])
const chosen = process.argv.slice(2).filter((argument) => known.has(argument))
const mochaArguments = process.argv.slice(2).filter((argument) => !known.has(argument))
// A pattern that matches in one suite matches nothing in the others; that is no fault of theirs.
if (mochaArguments.some((argument) => /^(?:-g|-f|--grep|--fgrep)/.test(argument))) {
  mochaArguments.push('--no-fail-zero')
}

const workFolder = mkdtempSync(join(tmpdir(), 'suite-accounts-'))

const runSuite = ({ name, files }) => {
  console.log(`\n== ${name}`)
  const account = join(workFolder, `${name.replaceAll('/', '-')}.json`)
  const specs = files.flatMap((file) => ['--spec', shown(file)])
  const { status, signal } = spawnSync(
    process.execPath,
    [MOCHA, '--reporter', REPORTER, ...specs, ...mochaArguments],
    {
      cwd: root,
      stdio: 'inherit',
      timeout: SUITE_LIMIT_MS,
      env: { ...process.env, MOCHA_ACCOUNT_FILE: account },
    },
  )
  if (!existsSync(account)) {
    console.error(`${name}: the suite ended before it could report (${signal ?? `exit code ${status}`})`)
    return { ...noTotals(), failed: 1, skippedTests: [] }
  }
  const { passed, failed, skipped } = JSON.parse(readFileSync(account, 'utf8'))
  const lost = status !== 0 && failed === 0 ? 1 : 0
  if (lost)
    console.error(`${name}: no test failed, but the suite ended with ${signal ?? `exit code ${status}`}`)
  const forbidden = inCi ? skipped.length : 0
  return {
    passed,
    failed: failed + lost + forbidden,
    skipped: skipped.length - forbidden,
    skippedTests: skipped.map(({ title, reason }) => `${name}: ${title} - ${reason}`),
  }
}

let totals = noTotals()
const skippedTests = []
for (const suite of suites) {
  if (chosen.length > 0 && !chosen.includes(suite.name)) continue
  const result = runSuite(suite)
  totals = addTotals(totals, result)
  skippedTests.push(...result.skippedTests)
}
rmSync(workFolder, { recursive: true, force: true })

if (skippedTests.length > 0) {
  console.log(`\nSkipped${inCi ? ' (counted as failed in CI)' : ''}:`)
  for (const line of skippedTests) console.log(`  ${line}`)
}
console.log()
close(totals)
