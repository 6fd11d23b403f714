import { Html } from './html.js'

/** The look of a certificate: one sheet, on paper as on a screen, by night as by day, without anything from elsewhere. */
export const STYLE = new Html(`
:root { color-scheme: light dark; --paper: #fffdf8; --desk: #e9e6de; --ink: #1c232b; --soft: #626a73; --line: #d8d3c7;
  --good: #17694a; --bad: #a8281e; --warn: #96660a; --wash: #f5f1e6; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b1f24; --desk: #0f1215; --ink: #e8e6df; --soft: #9aa2ab;
  --line: #343a42; --good: #6fcf9f; --bad: #f28b7d; --warn: #e3b35a; --wash: #232830; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 2.5rem 1rem; background: var(--desk); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 3.25rem 3.5rem 2.5rem; background: var(--paper);
  border: 1px solid var(--line); outline: 1px solid var(--line); outline-offset: -0.75rem; }
header { display: flex; gap: 2rem; align-items: center; justify-content: space-between; }
h1, h2, .number { font-family: Charter, 'Bitstream Charter', Georgia, 'Liberation Serif', serif; }
.kind { margin: 0; color: var(--soft); font-size: 0.78rem; letter-spacing: 0.14em; text-transform: uppercase; }
h1 { margin: 0.2rem 0 0.35rem; font-size: 2.6rem; line-height: 1.1; font-weight: 600; overflow-wrap: anywhere; }
.verdict { margin: 0; font-size: 1.05rem; }
.verdict strong { color: var(--tone); }
.good { --tone: var(--good); } .bad { --tone: var(--bad); } .warn { --tone: var(--warn); }
.seal { flex: none; width: 7.5rem; height: 7.5rem; color: var(--tone); }
.seal text { fill: currentColor; text-anchor: middle; font-family: Charter, Georgia, 'Liberation Serif', serif; }
h2 { margin: 2.2rem 0 0.7rem; padding-top: 0.9rem; border-top: 1px solid var(--line); font-size: 1.15rem; font-weight: 600; }
.numbers { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; margin-top: 2rem; background: var(--line);
  border: 1px solid var(--line); }
.numbers div { padding: 0.85rem 1rem; background: var(--paper); }
.number { display: block; font-size: 1.7rem; line-height: 1.15; font-variant-numeric: tabular-nums; color: var(--tone, inherit); }
.numbers span + span { color: var(--soft); font-size: 0.84rem; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { color: var(--soft); font-weight: 500; font-size: 0.84rem; text-align: left; }
th, td { padding: 0.38rem 0.75rem 0.38rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; }
td.count, th.count { text-align: right; padding-right: 1.4rem; }
td.reason { color: var(--soft); } td.name { white-space: nowrap; padding-right: 1.4rem; }
dl { display: grid; grid-template-columns: max-content 1fr max-content 1fr; gap: 0.3rem 1.1rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: 0.45rem 0.9rem; align-items: center; }
.bar { height: 0.85rem; background: var(--wash); } .bar i { display: block; height: 100%; background: var(--tone); }
.bars b { font-weight: 500; text-align: right; font-variant-numeric: tabular-nums; } .bars em { color: var(--soft); font-style: normal; }
code, pre { font: 0.84rem/1.5 ui-monospace, SFMono-Regular, Menlo, 'Liberation Mono', monospace; }
pre { margin: 0.4rem 0 0; padding: 0.8rem 1rem; overflow-x: auto; background: var(--wash); white-space: pre-wrap; overflow-wrap: anywhere; }
details { margin: 0.3rem 0; } summary { cursor: pointer; }
.note { color: var(--soft); } footer { margin-top: 2.2rem; color: var(--soft); font-size: 0.84rem; }
@media (max-width: 46rem) { body { padding: 0; } main { padding: 1.75rem 1.4rem; border: 0; outline: 0; }
  .numbers { grid-template-columns: repeat(2, 1fr); } dl { grid-template-columns: max-content 1fr; } h1 { font-size: 2rem; }
  td.name { white-space: normal; overflow-wrap: anywhere; } .bars em { display: none; }
  .seal { width: 5.25rem; height: 5.25rem; } }
@media print { body { padding: 0; background: none; } main { border: 0; max-width: none; } }
`)
