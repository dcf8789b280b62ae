/** The style sheet of HTML reports: few colours, each with its word beside it; contrast of at least 4.5 in both schemes. */

export const pageStyle = `:root {
  --paper: #ffffff; --ink: #1c2024; --soft: #55606b; --line: #d5dbe1; --panel: #f5f7f9;
  --good: #14663a; --bad: #a51d24; --careful: #7d4d00; --link: #0b57a4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --ink: #e6eaee; --soft: #a3adb7; --line: #363e46; --panel: #1d2329;
    --good: #6fd39b; --bad: #ff8f8f; --careful: #f0b95a; --link: #83b9f2;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.1rem; margin: 0; font-weight: 600; color: var(--soft); }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .25rem; }
a { color: var(--link); }
code, pre { font: .9em/1.5 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
header { border-left: .4rem solid var(--line); padding: .2rem 0 .2rem 1rem; }
header.good { border-color: var(--good); } header.bad { border-color: var(--bad); } header.careful { border-color: var(--careful); }
.answer { font-size: 1.5rem; line-height: 1.3; font-weight: 650; margin: .3rem 0 .6rem; }
.about { margin: 0; padding: 0; list-style: none; color: var(--soft); }
nav ol { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: 1rem 0 0; padding: 0; list-style: none; font-size: .95rem; }
.items { list-style: none; padding: 0; }
.items > li { border-left: .25rem solid var(--line); padding: .1rem 0 .1rem .8rem; margin: 0 0 1rem; }
.items p { margin: .15rem 0; }
.items .id { color: var(--soft); font-size: .85rem; }
.items > .bad { border-color: var(--bad); } .items > .careful { border-color: var(--careful); } .items > .good { border-color: var(--good); }
.bad > p > strong, td.bad, th.bad { color: var(--bad); } td.bad { font-weight: 650; }
.careful > p > strong, td.careful, th.careful { color: var(--careful); }
td.good, .good > p > strong { color: var(--good); } td.quiet, th.quiet { color: var(--soft); }
.wide { overflow-x: auto; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
caption { text-align: left; color: var(--soft); font-size: .9rem; padding: .2rem 0 .4rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--line); font-weight: 400; }
thead th { font-weight: 600; white-space: nowrap; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .3rem; padding: .6rem .8rem; margin: .3rem 0 .9rem;
  white-space: pre-wrap; }
.steps { padding-left: 1.4rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media print {
  :root { --paper: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --panel: #ffffff;
    --good: #14663a; --bad: #a51d24; --careful: #7d4d00; --link: #000000; }
  body { max-width: none; padding: 0; font-size: 11pt; }
  nav { display: none; }
  section, tr, pre, li { break-inside: avoid; }
  .wide { overflow: visible; }
}
`;
