import type { ConformanceReport } from '@persistent-log/conformance'
import { html, type Html } from './html.js'

const NOTHING = html``

const grouped = (count: number): string => count.toLocaleString('en-US')

/** What was counted, the headline first. */
export function numbers(report: ConformanceReport): Html {
  const { ackedWrites, crashStates, kills, powerCuts, faults, modelRuns, passed } = report
  const cells: readonly (readonly [count: number, what: string, tone?: string])[] = [
    [ackedWrites.verified, 'acknowledged writes verified', 'good'],
    [ackedWrites.lost, 'acknowledged writes lost', ackedWrites.lost > 0 ? 'bad' : 'good'],
    [passed, 'cases passed'],
    [modelRuns, 'random histories'],
    [kills, 'processes killed'],
    [powerCuts, 'power cuts'],
    [faults.hit, 'system calls failed'],
    [crashStates, 'crash states opened'],
  ]
  return html`<section class="numbers">
    ${cells.map(
      ([count, what, tone = '']) =>
        html`<div class="${tone}"><span class="number">${grouped(count)}</span><span>${what}</span></div>`,
    )}
  </section>`
}

const TIERS = {
  1: 'files and processes',
  2: 'system calls that fail',
  3: 'power cuts and full disks',
} as const

/** Each tier that was asked for. */
export function tiersSection({ tiers }: ConformanceReport): Html {
  return html`<h2>Tiers</h2>
    <table>
      <tr>
        <th>tier</th>
        <th class="count">passed</th>
        <th class="count">failed</th>
        <th class="count">skipped</th>
        <th>could not run here</th>
      </tr>
      ${tiers.map(
        ({ tier, passed, failed, skipped, missing }) =>
          html`<tr>
            <td>${tier}: ${TIERS[tier]}</td>
            <td class="count">${passed}</td>
            <td class="count">${failed}</td>
            <td class="count">${skipped}</td>
            <td class="reason">${missing.length === 0 ? 'nothing' : missing.join('; ')}</td>
          </tr>`,
      )}
    </table>`
}

const OUTCOMES = [
  ['ok', 'harmless', 'all that was stored was read', 'good'],
  ['located', 'located', 'refused or reported, with its place', 'good'],
  ['silent', 'silent', 'acknowledged data missing without a word', 'bad'],
  ['wrong', 'wrong', 'bytes that nobody had stored', 'bad'],
  ['dead', 'dead', 'the process died', 'bad'],
] as const

/** What came of damage, as bars. */
export function corruptionSection({ corruption }: ConformanceReport): Html {
  const most = Math.max(...Object.values(corruption))
  if (most === 0) return NOTHING
  return html`<h2>Damaged files</h2>
    <div class="bars">
      ${OUTCOMES.map(([key, word, meaning, tone]) => {
        const count = corruption[key]
        // Even one of a million is seen.
        const width = count === 0 ? 0 : Math.max(0.5, (count / most) * 100)
        return html`<span>${word} <em>${meaning}</em></span>
          <span class="bar ${tone}"><i style="width: ${width.toFixed(1)}%"></i></span
          ><b>${grouped(count)}</b>`
      })}
    </div>`
}

/** What failed, each with what the kit said. */
export function failuresSection({ failures }: ConformanceReport): Html {
  if (failures.length === 0) return NOTHING
  return html`<h2>Failed</h2>
    ${failures.map(
      ({ case: id, title, message }) =>
        html`<p><code>${id}</code><br />${title}</p>
          <pre>${message}</pre>`,
    )}`
}

const LEFT_OUT = { log: 'does not apply', machine: 'cannot run here', waiver: 'waived' } as const

/** Warnings, cases that proved nothing, and cases that did not run, each with its reason. */
export function casesSection({ skipped, unproven, warnings }: ConformanceReport): Html {
  const rows = [
    ...unproven.map(({ case: id, reason }) => [id, 'proved nothing', reason] as const),
    ...skipped.map(({ case: id, reason, because }) => [id, LEFT_OUT[because], reason] as const),
  ]
  return html`${warnings.length === 0 ? NOTHING : html`<h2>Warnings</h2>`}
    ${warnings.map((warning) => html`<p>${warning}</p>`)}
    <h2>Not counted as passed</h2>
    ${
      rows.length === 0
        ? html`<p class="note">Every case of these tiers was run.</p>`
        : html`<table>
            ${rows.map(
              ([id, what, reason]) =>
                html`<tr>
                  <td class="name"><code>${id}</code></td>
                  <td class="name">${what}</td>
                  <td class="reason">${reason}</td>
                </tr>`,
            )}
          </table>`
    }`
}
