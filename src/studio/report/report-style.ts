/** The look of a page: light or dark as the system is, from 320 pixels wide to paper. */
export const reportStyle = `
:root {
  color-scheme: light dark;
  --bg: #f6f7f9; --panel: #ffffff; --line: #dfe3e9; --line-soft: #edf0f3; --text: #16191d; --soft: #5b6572;
  --accent: #1f6feb; --bar: #c9dcfb;
  --decode: #8a94a3; --preprocess: #2f9e8f; --transferIn: #b58a1b; --infer: #2f6fdb; --postprocess: #9a55c7;
  --transferOut: #d2713a; --other: #c6ccd4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #101317; --panel: #181c22; --line: #2c333c; --line-soft: #222830; --text: #e7eaee; --soft: #98a2af;
    --accent: #6ea8ff; --bar: #2b4a78;
    --decode: #7d8896; --preprocess: #3fb8a7; --transferIn: #d0a63a; --infer: #5b93f5; --postprocess: #b57be0;
    --transferOut: #e58c58; --other: #48515d;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--bg); color: var(--text);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC",
    "Microsoft YaHei", sans-serif;
}
main { max-width: 1120px; margin: 0 auto; padding: 40px 28px 56px; }
h1 { margin: 2px 0 6px; font-size: 28px; line-height: 1.2; font-weight: 650; overflow-wrap: anywhere; }
h2 { margin: 40px 0 4px; font-size: 18px; font-weight: 650; }
h3 { margin: 0 0 10px; font-size: 15px; font-weight: 600; overflow-wrap: anywhere; }
p { margin: 0 0 10px; }
.eyebrow { margin: 0; color: var(--accent); font-size: 12px; font-weight: 650; letter-spacing: .08em; text-transform: uppercase; }
.soft { color: var(--soft); overflow-wrap: anywhere; }
.how { color: var(--soft); font-size: 13px; max-width: 76ch; margin-bottom: 12px; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 14px; margin-top: 24px; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; min-width: 0; }
.card .name { display: flex; gap: 8px; align-items: baseline; font-weight: 600; overflow-wrap: anywhere; }
.card .big { font-size: 30px; line-height: 1.15; font-weight: 650; margin-top: 10px; font-variant-numeric: tabular-nums; }
.card .facts { margin-top: 8px; color: var(--soft); font-size: 13px; font-variant-numeric: tabular-nums; }
.letter {
  display: inline-block; min-width: 22px; padding: 0 6px; border-radius: 6px; text-align: center; font-weight: 650;
  font-size: 13px; line-height: 22px; background: var(--line-soft); color: var(--text); flex: none;
}
.tag { font-size: 12px; color: var(--accent); white-space: nowrap; }
.scroll { overflow-x: auto; background: var(--panel); border: 1px solid var(--line); border-radius: 10px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { padding: 8px 14px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line-soft); }
thead th { font-size: 12px; font-weight: 600; color: var(--soft); white-space: nowrap; border-bottom-color: var(--line); }
tbody th { font-weight: 500; min-width: 130px; }
td { min-width: 96px; }
.number { min-width: 0; }
.path { overflow-wrap: anywhere; }
tbody tr:last-child > * { border-bottom: 0; }
.number { text-align: right; white-space: nowrap; }
code { font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: nowrap; }
.whole { white-space: nowrap; }
.label { display: inline-flex; align-items: baseline; }
.swatch { display: inline-block; width: 11px; height: 11px; border-radius: 3px; margin-right: 8px; flex: none; box-shadow: inset 0 0 0 1px rgba(128,128,128,.45); }
.meter { display: block; width: 100%; min-width: 60px; height: 4px; margin-top: 4px; }
.meter .back { fill: var(--line-soft); } .meter .front { fill: var(--accent); }
.small { font-size: 12px; color: var(--soft); }
.bars { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; }
.bar { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 4px 16px; padding: 8px 0; }
.bar svg { grid-column: 1 / -1; display: block; width: 100%; height: 16px; border-radius: 4px; }
.bar .name { overflow-wrap: anywhere; }
.bar .total { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 10px 0 0; padding: 12px 0 0; border-top: 1px solid var(--line-soft); list-style: none; font-size: 13px; color: var(--soft); }
.legend .swatch { margin-right: 6px; }
.decode { fill: var(--decode); background: var(--decode); } .preprocess { fill: var(--preprocess); background: var(--preprocess); }
.transferIn { fill: var(--transferIn); background: var(--transferIn); } .infer { fill: var(--infer); background: var(--infer); }
.postprocess { fill: var(--postprocess); background: var(--postprocess); } .transferOut { fill: var(--transferOut); background: var(--transferOut); }
.other { fill: var(--other); background: var(--other); } .empty { fill: none; }
.pair { display: grid; align-items: start; grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); gap: 14px; }
.pair h3 { padding: 12px 14px 0; margin: 0 0 4px; }
.arrow { color: var(--soft); padding: 0 6px; }
article { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px 18px; margin-top: 14px; }
.shots { display: grid; gap: 14px 12px; grid-template-columns: repeat(4, minmax(0, 1fr)); align-items: start; }
.shots.of6 { grid-template-columns: repeat(3, minmax(0, 1fr)); }
figure { margin: 0; min-width: 0; }
figure img { display: block; width: 100%; height: auto; border-radius: 6px; background: #000; }
figure .missing { display: grid; place-items: center; min-height: 120px; border: 1px dashed var(--line); border-radius: 6px; color: var(--soft); font-size: 13px; }
figcaption { margin-top: 5px; font-size: 12.5px; color: var(--soft); font-variant-numeric: tabular-nums; }
footer { margin-top: 40px; padding-top: 14px; border-top: 1px solid var(--line); color: var(--soft); font-size: 13px; }
@media (max-width: 640px) {
  main { padding: 24px 14px 40px; }
  h1 { font-size: 23px; }
  th, td { padding: 7px 10px; }
  .shots, .shots.of6 { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  article { padding: 12px; }
}
@media print {
  :root {
    --bg: #fff; --panel: #fff; --line: #c9ced6; --line-soft: #e6e9ed; --text: #000; --soft: #444; --accent: #0b4fb3;
    --other: #c6ccd4;
  }
  body { font-size: 11px; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  h1 { font-size: 20px; } h2 { font-size: 14px; } h3 { font-size: 11px; } .card .big { font-size: 20px; }
  .how, .legend, .card .facts, figcaption, footer, code, .small, .tag, thead th { font-size: 9.5px; }
  .letter { font-size: 9.5px; line-height: 15px; min-width: 15px; padding: 0 4px; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; margin-top: 22px; }
  .scroll { overflow: visible; }
  table { font-size: 10px; } th, td { padding: 4px 6px; }
  tr, figure, .card, .bar { break-inside: avoid; }
  article { break-inside: avoid; }
  thead { display: table-header-group; }
}
`;
