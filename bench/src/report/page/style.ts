/** The style of the page: light or dark as the reader's system is, one column on narrow screens, readable on paper. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fbfbfa; --card: #fff; --ink: #1c2024; --soft: #646b73; --line: #e5e6e8;
  --good: #18794e; --good-back: #e3f5ea; --bad: #b4231f; --bad-back: #fdeceb; --chip: #eef0f2;
  --faster: #2563eb; --lmdb: #15803d; --level: #c2620b; --sqlite: #b01e7f; --memory: #7c5cd6; --limit: #8a929b; --other: #0e7c86 }
@media (prefers-color-scheme: dark) { :root { --paper: #121417; --card: #1a1d21; --ink: #e6e8ea; --soft: #9aa2ab; --line: #2d3238;
  --good: #5fd39a; --good-back: #163326; --bad: #ff8d85; --bad-back: #3d1d1b; --chip: #2a2f35;
  --faster: #6ea0ff; --lmdb: #4cc27a; --level: #f0a04b; --sqlite: #ee79c3; --memory: #ae97f5; --limit: #88919b; --other: #4fc3cd } }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; margin: 0; background: var(--paper); color: var(--ink) }
main { max-width: 68rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.02em }
h2 { font-size: 1.3rem; margin: 3rem 0 .4rem; letter-spacing: -.01em } h3 { font-size: 1rem; margin: 1.6rem 0 .4rem }
p { max-width: 46rem; margin: .4rem 0 1rem } .lead { color: var(--soft); margin: 0 0 1.5rem } a { color: var(--faster) }
nav { display: flex; flex-wrap: wrap; gap: .3rem 1.1rem; margin: 1.4rem 0 0; font-size: .9rem }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .8rem }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
.tile { padding: .8rem 1rem; display: flex; flex-direction: column } .tile b { font-size: 1.5rem; letter-spacing: -.02em }
small { display: block; color: var(--soft); font-size: .8rem; font-weight: 400; line-height: 1.35 }
.grid-of-cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 1rem }
.card { margin: 0; padding: 1rem 1.1rem } figcaption { font-weight: 600; font-size: .95rem; margin-bottom: .7rem }
.bar { display: grid; grid-template-columns: 7.2rem 1fr 5.6rem; gap: .6rem; align-items: center; font-size: .82rem; line-height: 1.75 }
.bar .name { text-align: right; white-space: nowrap; overflow: hidden; text-overflow: ellipsis } .bar .value, .number { font-variant-numeric: tabular-nums }
.track { height: .85rem } .track i { display: block; height: 100%; min-width: 2px; background: var(--c); border-radius: 0 .2rem .2rem 0 }
.raw .track i { opacity: .45 } .faster .name, .faster .value { font-weight: 650 }
.faster { --c: var(--faster) } .lmdb { --c: var(--lmdb) } .level { --c: var(--level) } .sqlite { --c: var(--sqlite) }
.memory { --c: var(--memory) } .limit { --c: var(--limit) } .other { --c: var(--other) }
svg { display: block; width: 100%; height: auto } svg text { font: 11.5px system-ui, "DejaVu Sans", sans-serif; fill: var(--soft) }
.grid { stroke: var(--line); fill: none } .line path { stroke: var(--c); stroke-width: 2; fill: none; stroke-linejoin: round }
.line circle { fill: var(--c); stroke: var(--card) } .line.raw path { stroke-dasharray: 5 4 } .line.faster path { stroke-width: 3 }
.legend { display: flex; flex-wrap: wrap; gap: .15rem 1rem; list-style: none; margin: .5rem 0 0; padding: 0; font-size: .8rem }
.legend li::before { content: ""; display: inline-block; width: 1.3rem; border-top: 3px solid var(--c); margin-right: .4rem; vertical-align: middle }
.legend .raw::before { border-top-style: dashed }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100%; font-size: .85rem }
th { text-align: left; color: var(--soft); font-weight: 500 } td, th { border-bottom: 1px solid var(--line); padding: .45rem .7rem .45rem 0; vertical-align: top }
.number { white-space: nowrap } .wide { min-width: 8rem; width: 20% }
.chip { background: var(--chip); color: var(--soft); border-radius: 1rem; padding: .1rem .6rem; font-size: .78rem; white-space: nowrap }
.chip.good { background: var(--good-back); color: var(--good) } .chip.bad { background: var(--bad-back); color: var(--bad) }
.meter { position: relative; display: block; height: .55rem; margin-top: .45rem; background: var(--chip); border-radius: .3rem }
.meter i { position: absolute; inset: 0 auto 0 0; border-radius: .3rem; background: var(--good) } .meter.bad i { background: var(--bad) }
.meter u, .meter s { position: absolute; top: -.25rem; bottom: -.25rem; border-left: 2px solid var(--ink) } .meter s { border-left: 2px dotted var(--soft) }
details { border-bottom: 1px solid var(--line) } summary { cursor: pointer; padding: .45rem 0; font-weight: 550; font-size: .9rem } summary small { display: inline; margin-left: .8rem }
.failures { background: var(--bad-back); color: var(--bad); border-radius: .6rem; padding: .8rem 1.2rem; list-style: none }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.2rem; font-size: .88rem } dt { color: var(--soft) } dd { margin: 0; overflow-wrap: anywhere }
pre { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .9rem 1.1rem; overflow-x: auto; font-size: .85rem }
@media (max-width: 34rem) { main { padding: 1.5rem 1rem 3rem } .bar { grid-template-columns: 5.6rem 1fr 4.8rem; gap: .4rem } .card { padding: .9rem .8rem }
  dl { grid-template-columns: 1fr } dd { margin-bottom: .4rem }
  .targets thead { display: none } .targets tr { display: grid; grid-template-columns: 1fr 1fr 1fr auto; gap: 0 .8rem; border-bottom: 1px solid var(--line); padding: .5rem 0 }
  .targets td { border: 0; padding: .1rem 0 } .targets td:first-child, .targets .wide { grid-column: 1 / -1 } .targets .wide { order: 1; width: auto }
  .targets [data-label]::before { content: attr(data-label) " "; color: var(--soft) } }
@media print { .card, .tile { break-inside: avoid } nav { display: none } }
`
