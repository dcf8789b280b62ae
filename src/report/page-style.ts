/** The style sheet of HTML reports: few colours, each with its word beside it; contrast of at least 4.5 in both schemes. */

export const pageStyle = `:root {
  --paper: #ffffff; --ink: #1c2024; --soft: #55606b; --line: #d5dbe1; --panel: #f5f7f9;
  --good: #14663a; --bad: #a51d24; --careful: #7d4d00; --link: #0b57a4;
  --good-wash: #e8f5ee; --bad-wash: #fbeaea; --careful-wash: #fbf1df;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --ink: #e6eaee; --soft: #a3adb7; --line: #363e46; --panel: #1d2329;
    --good: #6fd39b; --bad: #ff9b9b; --careful: #f0b95a; --link: #83b9f2;
    --good-wash: #16281f; --bad-wash: #331d1f; --careful-wash: #2e2617;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif; }
h1 { font-size: 1rem; margin: 0; font-weight: 600; color: var(--soft); }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
a { color: var(--link); }
code, pre { font: .9em/1.5 ui-monospace, "SF Mono", Menlo, "Liberation Mono", "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
header { border-left: .4rem solid var(--line); padding: .2rem 0 .2rem 1rem; }
header.good { border-color: var(--good); } header.bad { border-color: var(--bad); } header.careful { border-color: var(--careful); }
.answer { font-size: 1.45rem; line-height: 1.3; font-weight: 650; margin: .3rem 0 .6rem; max-width: 56rem; }
.about { margin: 0; padding: 0; list-style: none; color: var(--soft); }
nav ol { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 1rem 0 0; padding: 0; list-style: none; font-size: .95rem; }
nav a { display: inline-block; padding: .2rem 0; }
main p, main ul:not(.items) { max-width: 56rem; }
.items { list-style: none; padding: 0; }
.items > li { border-left: .25rem solid var(--line); padding: .1rem 0 .1rem .9rem; margin: 0 0 1.1rem; }
.items p { margin: .15rem 0; }
.items .head { font-weight: 600; }
.items .id { color: var(--soft); font-size: .85rem; }
.label { font-weight: 700; text-transform: uppercase; letter-spacing: .04em; margin-right: .4em; }
.items > .bad { border-color: var(--bad); } .items > .careful { border-color: var(--careful); } .items > .good { border-color: var(--good); }
.bad .label { color: var(--bad); } .careful .label { color: var(--careful); } .good .label { color: var(--good); }
.wide { overflow-x: auto; margin: .8rem 0 1.2rem; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
caption { text-align: left; color: var(--soft); font-size: .9rem; padding: .2rem 0 .4rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); font-weight: 400;
  min-width: 4rem; max-width: 26rem; }
thead th { font-weight: 600; white-space: nowrap; }
td.bad, th.bad { color: var(--bad); font-weight: 650; }
td.careful, th.careful { color: var(--careful); }
td.good { color: var(--good); }
td.quiet, th.quiet { color: var(--soft); }
.matrix td, .matrix th { padding-left: .5rem; padding-right: .5rem; border-right: 1px solid var(--line); }
.matrix th:first-child { padding-left: 0; }
tbody th code { overflow-wrap: normal; white-space: nowrap; }
.matrix td:last-child, .matrix th:last-child { border-right: 0; }
.matrix td:nth-last-child(2) { min-width: 16rem; } .matrix td:last-child { min-width: 9rem; }
.matrix td.good { background: var(--good-wash); } .matrix td.bad { background: var(--bad-wash); } .matrix td.careful { background: var(--careful-wash); }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem .8rem; margin: .3rem 0 1rem;
  white-space: pre-wrap; }
.steps { padding-left: 1.6rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media (max-width: 50rem) { body { padding: 1rem; } .answer { font-size: 1.2rem; } .wide table { min-width: 44rem; } }
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --panel: #ffffff;
    --good: #14663a; --bad: #a51d24; --careful: #7d4d00; --link: #000000;
    --good-wash: #ffffff; --bad-wash: #ffffff; --careful-wash: #ffffff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  tr, pre, li { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; }
  .wide { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { max-width: none; min-width: 0; overflow-wrap: break-word; padding-right: .4rem; }
  .wide table { min-width: 0; }
  thead th, tbody th code { white-space: normal; }
  tbody th code { overflow-wrap: anywhere; }
  tbody th { min-width: 9.5rem; }
  .matrix td:nth-last-child(2), .matrix td:last-child { min-width: 0; }
}
`;
