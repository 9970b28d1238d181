import { DARK, declare, LIGHT } from './theme.ts'

const TONES = Array.from({ length: 8 }, (_, tone) => `.tone-${tone}{fill:var(--tone-${tone})}`).join('')

const GROUND = `
:root{color-scheme:light dark;${declare(LIGHT)}}
@media (prefers-color-scheme:dark){:root{${declare(DARK)}}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
header,main,footer{max-width:68rem;margin:0 auto;padding:0 1.25rem}
h1,h2,h3,h4{line-height:1.2;text-wrap:balance;margin:0}
h1{font-size:clamp(1.9rem,1.3rem + 2.6vw,3rem);letter-spacing:-.02em;font-weight:750}
h2{font-size:clamp(1.45rem,1.2rem + 1vw,1.9rem);letter-spacing:-.01em;margin-bottom:.6rem}
h3{font-size:1.15rem;margin:2rem 0 .6rem}
h4{font-size:.95rem;margin:0 0 .6rem}
p{margin:.5rem 0;max-width:44rem;text-wrap:pretty}
a{color:var(--accent);text-underline-offset:.2em}
code,pre{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.6rem 1rem;z-index:1}
section{padding:3.25rem 0 0;scroll-margin-top:.5rem}
summary{cursor:pointer}
.note,.scale,.id,figcaption,footer{color:var(--soft);font-size:.9rem}
.note{border-left:3px solid var(--line);padding-left:.9rem;margin:1.25rem 0 0}
.empty{background:var(--card);border:1px dashed var(--line);border-radius:12px;padding:1.1rem 1.25rem;max-width:none;color:var(--soft)}
.none{color:var(--soft);font-size:.92rem}
.unit{color:var(--soft);font-weight:400;font-size:.8em}
.money,.number{white-space:nowrap}
.warning,.figures .failed{color:var(--hurt)}
.figures .passed{color:var(--accent)}
.explain{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.65rem 1rem;margin:1rem 0}
.explain summary,.more summary{font-weight:600;color:var(--accent)}
.explain ol{padding-left:1.3rem;max-width:44rem}
.explain li{margin:.4rem 0}
.more{margin-top:.75rem}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.95rem;overflow-wrap:break-word}
th,td{text-align:left;padding:.55rem .75rem .55rem 0;border-bottom:1px solid var(--line);font-weight:400;vertical-align:baseline}
thead th{color:var(--soft);font-size:.82rem}
tbody th{font-weight:600}
tfoot th,tfoot td{border-bottom:0;font-weight:650}
thead .number{white-space:normal}
th.number,td.number{text-align:right;padding-right:0;padding-left:.75rem}
`

const HEADER = `
header{padding-top:1.75rem}
.brand{display:flex;align-items:center;gap:.55rem;font-weight:700;letter-spacing:.01em;margin:0 0 2rem;color:var(--accent)}
.mark{fill:currentColor}
.lede{font-size:1.15rem;color:var(--soft);max-width:42rem;margin:.8rem 0 0}
.figures{display:grid;grid-template-columns:repeat(4,1fr);gap:1px;background:var(--line);border:1px solid var(--line);border-radius:14px;overflow:hidden;margin:1.75rem 0 0}
.figures>div{background:var(--card);padding:1rem 1.15rem}
.figures dt{color:var(--soft);font-size:.85rem}
.figures dd{margin:.1rem 0 0;font-size:1.55rem;font-weight:700;letter-spacing:-.01em;line-height:1.25}
.figures dd.under{font-size:.85rem;font-weight:400;color:var(--soft);letter-spacing:0}
.figures .unit{font-size:.58em}
.result{border-radius:10px;padding:.75rem 1rem;max-width:none;margin:1rem 0;background:var(--track)}
.result.passed{background:var(--accent-soft);color:var(--ink)}
.result.failed{background:var(--hurt-soft);color:var(--ink)}
.result strong{margin-right:.25rem}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.4rem;list-style:none;padding:0;margin:1.25rem 0 0}
nav a{display:inline-block;padding:.3rem 0;font-weight:600;text-decoration:none}
nav a:hover{text-decoration:underline}
@media (max-width:47.9em){.figures{grid-template-columns:1fr 1fr}.figures>div{padding:.8rem .9rem}.figures dd{font-size:1.25rem}.brand{margin-bottom:1.3rem}header,main,footer{padding-left:1rem;padding-right:1rem}}
`

const ACCOUNTS = `
.accounts{background:var(--card);border:1px solid var(--line);border-radius:14px;margin-top:1.25rem;overflow:hidden}
.accounts ol{list-style:none;margin:0;padding:0}
.columns,.account summary,.totals{display:grid;grid-template-columns:minmax(9rem,1.5fr) 5rem 5rem minmax(11rem,1.5fr) 8rem 8rem;column-gap:1.1rem;align-items:center;padding:.8rem 1.25rem .8rem 2.4rem}
.columns{color:var(--soft);font-size:.82rem;border-bottom:1px solid var(--line);align-items:end;line-height:1.3}
.columns .number,.account .number,.totals .number{text-align:right}
.accounts>ol>li+li{border-top:1px solid var(--line)}
.account summary{list-style:none;position:relative;row-gap:.15rem}
.account summary::-webkit-details-marker{display:none}
.account summary::before{content:"";position:absolute;left:1.1rem;top:1.3rem;border:.36rem solid transparent;border-left:.5rem solid var(--accent);border-right:0;transition:transform .15s;transform-origin:40% 50%}
.account[open] summary::before{transform:rotate(90deg)}
.account summary:hover{background:color-mix(in srgb,var(--accent-soft) 35%,transparent)}
.account summary:focus-visible{outline-offset:-3px}
@media (prefers-reduced-motion:reduce){.account summary::before{transition:none}}
.name{display:inline;margin:0;font-weight:650;font-size:1.08rem;margin-right:.3rem}
.chip{display:inline-block;font-size:.78rem;line-height:1.35;padding:.1rem .55rem;border-radius:1rem;background:var(--track);color:var(--soft);vertical-align:.1em}
.chip.odd{background:var(--odd-soft);color:var(--odd)}
.why{grid-column:1/-1;color:var(--soft);font-size:.93rem;max-width:52rem}
.earned .money{font-weight:700}
.columns+ol .figure .label,.totals .label{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.share-bar{display:block;overflow:visible}
.share-bar .track{fill:var(--track)}
.share-bar .fill{fill:var(--accent)}
.share-bar .whisker{stroke:var(--ink);stroke-width:1.5}
.share-text{display:flex;justify-content:space-between;gap:.5rem;font-size:.84rem;line-height:1.35}
.percent{font-weight:650}
.interval,.unpaid{color:var(--soft);font-size:.84rem}
.totals{border-top:2px solid var(--line);font-weight:650}
.totals .earned{grid-column:5}
.inside{padding:.35rem 1.25rem 1.4rem 2.4rem}
.evidence{display:grid;grid-template-columns:1fr 1fr;gap:1.5rem 2.5rem}
.evidence>div{min-width:0}
.exact{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:.6rem 1.5rem;margin:1.3rem 0 0;font-size:.88rem}
.exact dt{color:var(--soft)}
.exact dd{margin:0}
@media (max-width:59.9em){
.columns{display:none}
.account summary,.totals{grid-template-columns:repeat(2,1fr);gap:.6rem 1rem;padding:1rem 1rem 1rem 2.1rem;align-items:start}
.account summary::before{left:.95rem;top:1.45rem}
.account .who,.totals .who,.figure.share{grid-column:1/-1}
.account .why{order:1}.figure{order:4}.figure.money-figure{order:3}.figure.share{order:2}
.account .number,.totals .number{text-align:left;white-space:normal}
.columns+ol .figure .label,.totals .label{position:static;width:auto;height:auto;clip-path:none;display:block;color:var(--soft);font-size:.8rem;font-weight:400;line-height:1.3}
.totals .earned{grid-column:auto}
.inside{padding:.35rem 1rem 1.25rem 2.1rem}
.evidence{grid-template-columns:1fr}
}
@media (min-width:40em) and (max-width:59.9em){.account summary,.totals{grid-template-columns:repeat(4,1fr)}}
`

const DIGITS = `
.digit{display:block;image-rendering:pixelated;background:#000;border-radius:6px;width:3.5rem;height:3.5rem}
.digit.missing{background:repeating-linear-gradient(45deg,var(--track) 0 6px,var(--line) 6px 12px)}
.asked .digit{width:100%;height:auto;aspect-ratio:1;max-width:10.5rem;border-radius:12px}
.strip{list-style:none;display:grid;grid-template-columns:repeat(auto-fill,minmax(4.1rem,1fr));gap:.9rem .6rem;margin:0;padding:0}
.item{min-width:0;font-size:.78rem;line-height:1.35}
.item .digit{margin-bottom:.3rem}
.item span{display:block}
.owner{font-weight:650;font-size:.84rem}
.item-label{color:var(--soft)}
.meter{background:var(--track);height:6px;border-radius:3px;overflow:hidden;display:block}
.item .meter{width:3.5rem;margin:.25rem 0 .1rem}
.meter>span{display:block;height:100%;background:var(--accent)}
.meter.against>span{background:var(--hurt);margin-left:auto}
.meter.pay>span{background:var(--tone-2)}
.item-value{color:var(--ink)}
.answers{display:grid;gap:1.25rem;margin-top:1.25rem}
.answer{background:var(--card);border:1px solid var(--line);border-radius:14px;padding:1.35rem;display:grid;grid-template-columns:10.5rem minmax(0,1fr) minmax(0,1.25fr);gap:1.1rem 1.75rem}
.answer h3{margin:.2rem 0 .6rem;font-size:1.3rem}
.answer h3 strong{color:var(--accent)}
.verdict::before{display:inline-block;width:1.4em;font-weight:700}
.verdict.right::before{content:"✓";color:var(--accent)}
.verdict.wrong::before{content:"✗";color:var(--hurt)}
.influential{grid-column:1/-1;border-top:1px solid var(--line);padding-top:1.1rem}
.id{grid-column:1/-1;margin:0;max-width:none}
.parts{list-style:none;margin:0;padding:0;font-size:.92rem}
.parts li{display:grid;grid-template-columns:minmax(0,1.6fr) minmax(4rem,1fr) auto;gap:.75rem;align-items:center;padding:.16rem 0}
.parts .money{min-width:5rem;text-align:right}
@media (max-width:59.9em){.answer{grid-template-columns:minmax(0,10.5rem) minmax(0,1fr)}.split{grid-column:1/-1}}
@media (max-width:33em){.answer{grid-template-columns:5.5rem minmax(0,1fr);padding:1rem;gap:1rem}.answer h3{font-size:1.15rem;margin-top:0}}
`

const MONEY_AND_CHECK = `
.flow{background:var(--card);border:1px solid var(--line);border-radius:14px;margin:1.25rem 0 0;padding:1.25rem}
.flow svg{display:block;width:100%;height:auto;overflow:visible}
.flow svg.narrow{display:none}
.flow text{fill:var(--ink);font-size:14px;direction:ltr;unicode-bidi:isolate}
.flow .title{font-weight:650}
.flow .sum{font-size:13px;opacity:.88}
.flow .ribbon{opacity:.3}
.flow .ribbon:hover{opacity:.55}
.tone-fees{fill:var(--ink)}${TONES}
figcaption{margin-top:1rem;max-width:48rem}
figcaption .unit{font-size:1em}
.two{display:grid;grid-template-columns:1fr 1fr;gap:0 2.5rem}
.checks{list-style:none;margin:0;padding:0;font-size:.95rem}
.checks li{padding:.5rem 0 .5rem 1.7rem;position:relative;border-top:1px solid var(--line)}
.checks li::before{content:"–";position:absolute;left:.35rem;font-weight:700;color:var(--soft)}
.checks.passed li::before{content:"✓";color:var(--accent)}
.commands{padding-left:1.4rem;margin:0}
.commands li{padding-left:.3rem}
.commands p{margin:.8rem 0 .35rem}
pre{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.7rem .9rem;white-space:pre;overflow-x:auto}
pre code{font-size:1em}
.epochs{display:grid;gap:1rem}
.epoch{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1rem 1.25rem}
.epoch h4{font-size:1.05rem;margin:0}
.epoch p{color:var(--soft);font-size:.92rem}
.epoch dl{margin:.6rem 0 0;display:grid;gap:.45rem}
.epoch dl>div{display:grid;grid-template-columns:14rem minmax(0,1fr);gap:0 1rem}
.epoch dt{color:var(--soft);font-size:.9rem}
.epoch dd{margin:0}
footer{margin-top:3.5rem;padding-bottom:3rem}
@media (max-width:47.9em){table{font-size:.88rem}th,td{padding-right:.5rem}th.number,td.number{padding-left:.5rem}.two{grid-template-columns:1fr}.epoch dl>div{grid-template-columns:1fr}.epoch{padding:.9rem 1rem}.flow{padding:1rem .75rem}.flow svg.wide{display:none}.flow svg.narrow{display:block;max-width:30rem;margin:0 auto}.flow text{font-size:12.5px}.flow .sum{font-size:12px}}
`

const PRINT = `
@media print{
:root{${declare(LIGHT)};--paper:#fff;--card:#fff}
body{font-size:10.5pt}
nav,.skip{display:none}
pre{white-space:pre-wrap}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
section{padding-top:1.5rem}
details::details-content{content-visibility:visible;block-size:auto}
.item,.answer,.epoch,.flow,.commands li{break-inside:avoid}
h2,h3,h4{break-after:avoid}
}
`

/** All styles of the page. No colour stands alone for a meaning, no size depends on a script. */
export const STYLES = GROUND + HEADER + ACCOUNTS + DIGITS + MONEY_AND_CHECK + PRINT
