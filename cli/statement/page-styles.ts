const SWATCHES = Array.from({ length: 8 }, (_, tone) => `.swatch-${tone}{background:var(--tone-${tone})}`).join('')

/** What a statement needs besides the styles of the report page. */
export const STATEMENT_STYLES = `
.statement td,.statement th{padding-left:.4rem;padding-right:.4rem}
.statement tr>:first-child{padding-left:0}
.statement tr>:last-child{padding-right:0}
.statement .figures{grid-template-columns:repeat(auto-fit,minmax(13rem,1fr))}
.statement .figures:empty{display:none}
.epochs>*,.epoch>*{min-width:0}
.tokens{list-style:none;padding:0;margin:1rem 0 0;font-size:.9rem}
abbr{text-decoration:none;white-space:nowrap;color:var(--soft);font-size:.85em}
.words{display:grid;gap:.35rem;margin:.8rem 0;font-size:.92rem}
.words>div{display:grid;grid-template-columns:minmax(9rem,15rem) minmax(0,1fr);gap:0 1rem}
.words dt{font-weight:600}
.words dd{margin:0;color:var(--soft)}
.split .before{fill:var(--soft)}
.split .end-yours{fill:var(--accent)}
.split .end-others{fill:var(--track);stroke:var(--soft)}
.split .end-held{fill:var(--odd-soft);stroke:var(--odd)}
.split .end-unattributed{fill:var(--paper);stroke:var(--soft)}
.swatch{display:inline-block;width:.7em;height:.7em;border-radius:2px}
${SWATCHES}
.lines,.receipts{padding-left:1.2rem;font-size:.86rem}
.lines li:target,.epoch div:target,.epoch:target{background:var(--accent-soft)}
.interval{display:inline-block}
.share-bar{min-width:8rem}
tr.sum>*{font-weight:600;border-top:1px solid var(--soft)}
td .percent{font-weight:650}
@media (max-width:40em){.words>div{grid-template-columns:1fr}.words dd{margin-bottom:.35rem}}
@media print{
@page{size:A4;margin:14mm}
a{text-decoration:none;color:inherit}
.scroll{overflow:visible}
table{font-size:8pt}
tr,.split{break-inside:avoid}
pre{font-size:7.5pt}
}
`
