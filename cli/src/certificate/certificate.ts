import type { ConformanceReport } from '@persistent-log/conformance'
import { html, type Html } from './html.js'
import { casesSection, corruptionSection, failuresSection, numbers, tiersSection } from './sections.js'
import { STYLE } from './style.js'
import { verdictOf, type Verdict } from './verdict.js'

/** What the report itself does not know. */
export interface CertificateFacts {
  /** The version of the backend's package; absent: it has none. */
  readonly backendVersion: string | undefined
  readonly kitVersion: string
  readonly budget: string
  /** The backend's own options, as JSON. */
  readonly options: string | undefined
  /** All cases of the tiers were to be run. */
  readonly isWhole: boolean
  readonly date: Date
}

function seal({ tone, tier }: Verdict): Html {
  const big = tier ?? (tone === 'bad' ? '✕' : '–')
  const rays = Array.from(
    { length: 48 },
    (_, at) =>
      html`<line
        x1="60"
        y1="3"
        x2="60"
        y2="${at % 2 === 0 ? 9 : 7}"
        transform="rotate(${at * 7.5} 60 60)"
      />`,
  )
  return html`<svg class="seal" viewBox="0 0 120 120" role="img" aria-label="${tier ? `Tier ${tier}` : tone}">
    <g stroke="currentColor" stroke-width="1.4">${rays}</g>
    <circle cx="60" cy="60" r="47" fill="none" stroke="currentColor" stroke-width="2.5" />
    <circle cx="60" cy="60" r="42" fill="none" stroke="currentColor" stroke-width="0.8" />
    <text x="60" y="44" font-size="12" letter-spacing="2">${tier ? 'TIER' : ''}</text>
    <text x="60" y="${tier ? 85 : 74}" font-size="40">${big}</text>
  </svg>`
}

function facts(report: ConformanceReport, known: CertificateFacts): Html {
  const { accept, commit } = report.capabilities.survives
  const { node, platform, kernel, fileSystem } = report.environment
  const rows: readonly (readonly [string, string | number])[] = [
    ['Accept survives', accept],
    ['Backend', `${report.backend} ${known.backendVersion ?? '(no version)'}`],
    ['Commit survives', commit],
    ['Kit', known.kitVersion],
    ['Opened by', report.capabilities.openBy],
    ['Node.js', `${node} on ${platform}`],
    ['File system', fileSystem],
    ['Kernel', kernel],
    ['Budget', known.budget],
    ['Seed', report.seeds.run],
    ['Options', known.options ?? 'defaults'],
    ['Took', `${Math.round(report.tookMs / 1000)} s`],
  ]
  return html`<h2>What was examined, and where</h2>
    <dl>
      ${rows.map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`
}

/** A report as one page that needs nothing beside itself. */
export function certificate(report: ConformanceReport, known: CertificateFacts): string {
  const verdict = verdictOf(report, known.isWhole)
  const { tone, word, sentence } = verdict
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${report.backend}: ${word}</title>
        <style>
          ${STYLE}
        </style>
      </head>
      <body>
        <main>
          <header class="${tone}">
            <div>
              <p class="kind">Conformance of a persistent log</p>
              <h1>${report.backend}</h1>
              <p class="verdict"><strong>${word}</strong> ${sentence}</p>
            </div>
            ${seal(verdict)}
          </header>
          ${numbers(report)} ${failuresSection(report)} ${tiersSection(report)} ${corruptionSection(report)}
          ${facts(report, known)} ${casesSection(report)}
          <footer>
            ${known.date.toISOString().slice(0, 16).replace('T', ' ')} UTC. A skipped case is not a passed
            one. Acknowledged writes were looked for after every kill, power cut and failed system call.
          </footer>
        </main>
      </body>
    </html> `.text
}
