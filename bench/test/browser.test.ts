import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { chromium, type Browser, type Page } from 'playwright-core'
import type { BenchReport } from '../src/harness/measures.js'
import { htmlReport } from '../src/report/html-report.js'
import { judgeTargets } from '../src/targets/judge-targets.js'
import { TARGETS } from '../src/targets/targets.js'
import { inDirectory, itUnless, measured } from './support.js'

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'
/** Nothing that would speak to the network or ask a question. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

const SUBJECTS = ['faster', 'lmdb', 'raw-lmdb', 'raw-append']
const WORKLOADS = [
  'closed-loop-1',
  'closed-loop-10',
  'closed-loop-100',
  'closed-loop-1000',
  'read-hot-borrowed',
  'growth-10k',
  'growth-1m',
]

function report(): BenchReport {
  const results = WORKLOADS.flatMap((workload, row) =>
    SUBJECTS.map((backend, column) => measured(backend, workload, [1_000 * (row + 1) * (column + 1)])),
  )
  const limits = ['kernel-k', 'flush-1', 'flush-100'].map((name) => measured('machine', name, [500]))
  const failed = {
    ...results[0]!,
    backend: 'level',
    outcome: 'failed' as const,
    reason: 'it lost <a record>',
  }
  const all = [...limits, ...results, { ...failed, rounds: [], medianNs: undefined, spread: undefined }]
  return { format: 2, environment: { cpu: 'test' }, results: all, targets: judgeTargets(TARGETS, all) }
}

const draws = itUnless(existsSync(CHROMIUM) ? undefined : `needs Chromium as ${CHROMIUM}`)

describe('the page in a browser', function () {
  this.timeout(60_000) // The first start of a browser takes its time.
  let browser: Browser | undefined

  before(async () => {
    if (!existsSync(CHROMIUM)) return
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS })
  })
  after(() => browser?.close())

  /** Opens the page as readers do, from a file; whatever the browser complains about fails the test. */
  async function open(width: number, use: (page: Page) => Promise<void>): Promise<void> {
    await inDirectory(async (directory) => {
      const file = join(directory, 'page.html')
      await writeFile(file, htmlReport(report()))
      const page = await browser!.newPage({ viewport: { width, height: 900 } })
      const complaints: string[] = []
      const requests: string[] = []
      page.on('console', (message) => complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('request', (request) => requests.push(request.url()))
      await page.goto(pathToFileURL(file).href)
      await use(page)
      expect(complaints).to.deep.equal([])
      expect(requests.filter((url) => !url.startsWith('data:'))).to.have.length(1)
      await page.close()
    })
  }

  draws('draws bars whose lengths are the figures', () =>
    open(1_200, async (page) => {
      const widths = await page.evaluate<number[]>(`
        const card = document.querySelector('#durable + p + .grid-of-cards .bars')
        Array.from(card.querySelectorAll('.track i'), (bar) => bar.getBoundingClientRect().width)`)
      // Four subjects with rates of 1, 1/2, 1/3, 1/4, and the limit, which is twice as fast as the first.
      expect(widths).to.have.length(5)
      const shares = widths.map((width) => width / widths[4]!)
      ;[1 / 2, 1 / 4, 1 / 6, 1 / 8, 1].forEach((share, index) =>
        expect(shares[index]).to.be.closeTo(share, 0.01),
      )
    }),
  )

  draws('draws lines through every figure, in colours that are told apart', () =>
    open(1_200, async (page) => {
      const drawn = await page.evaluate<{ width: number; dots: number; look: string }[]>(`
        const chart = document.querySelector('#growth + p + .grid-of-cards svg')
        Array.from(chart.querySelectorAll('.line'), (line) => {
          const path = line.querySelector('path')
          const { stroke, strokeDasharray } = getComputedStyle(path)
          const { width } = path.getBoundingClientRect()
          return { width, dots: line.querySelectorAll('circle').length, look: stroke + strokeDasharray }
        })`)
      expect(drawn).to.have.length(SUBJECTS.length)
      for (const { width, dots } of drawn) {
        expect(width).to.be.above(200)
        expect(dots).to.equal(2)
      }
      expect(new Set(drawn.map(({ look }) => look)).size).to.equal(SUBJECTS.length)
    }),
  )

  draws('shows what failed, and fits a telephone', () =>
    open(390, async (page) => {
      expect(await page.locator('.failures').innerText()).to.include('it lost <a record>')
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).to.equal(390)
    }),
  )
})
