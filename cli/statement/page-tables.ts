import { type Html, html } from '../../web/src/markup.ts'

interface Head {
  readonly name: string
  readonly isNumber?: boolean
}

/** A section with its heading. */
export function section(id: string, title: string, content: Html): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>`
}

/** A table that scrolls by itself where the page is narrow. Each row is a `tr` with a row header. */
export function table(caption: string, heads: readonly Head[], rows: readonly Html[]): Html {
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption class="hidden">${caption}</caption>
<thead><tr>${heads.map(({ name, isNumber }) => html`<th scope="col"${isNumber === true ? NUMBER : ''}>${name}</th>`)}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}

const NUMBER = html` class="number"`

/** Each name once, with its words. */
export function glossary(
  names: readonly string[],
  wordsOf: (name: string) => { readonly short: string; readonly long: string },
): Html {
  return html`<dl class="words">${[...new Set(names)].map(
    (name) => html`<div><dt>${wordsOf(name).short}</dt><dd>${wordsOf(name).long}</dd></div>`,
  )}</dl>`
}
