/**
 * Markup that may enter the page as it is. Only `html` and constants of this folder make it, so that no text of a record
 * reaches the page unescaped.
 */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | readonly Part[]

const NOTHING = new Html('')

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/**
 * Control characters, halves of surrogate pairs, and the marks that override the direction of writing (U+202A–202E,
 * U+2066–2069): with these a name could make its neighbours read backwards. Text in Arabic or Hebrew needs none of them.
 */
const UNPRINTABLE = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\u202a-\u202e\u2066-\u2069]/gu

/** Longest piece of text from a record that the page shows, in code points, unless its place allows less. */
const TEXT_LIMIT = 2_000
const NAME_LIMIT = 48

/** Escapes text for element content and for attributes in quotes; unprintable characters become U+FFFD. */
function escapeText(text: string): string {
  return text.replace(UNPRINTABLE, '\ufffd').replace(/[&<>"'`]/g, (character) => ENTITIES[character]!)
}

/** The first `limit` code points, with an ellipsis where something was left out. */
export function clip(text: string, limit: number): string {
  // A code point takes at most two units: a text of megabytes is not spread into an array.
  const points = [...text.slice(0, 2 * limit + 2)]
  return points.length <= limit ? text : `${points.slice(0, limit).join('')}…`
}

/** A template whose values are escaped unless they are markup already; lists are joined without separator. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  let text = strings[0]!
  for (const [index, value] of values.entries()) text += writePart(value) + strings[index + 1]!
  return new Html(text)
}

function writePart(part: Part): string {
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(writePart).join('')
  return escapeText(clip(String(part), TEXT_LIMIT))
}

/** `part` when the condition holds, else nothing. */
export function when(condition: boolean, part: () => Html): Html {
  return condition ? part() : NOTHING
}

/** Somebody's name: short, and isolated, so that right-to-left text does not reorder what is beside it. A dash for none. */
export function nameText(name: string, limit = NAME_LIMIT): Html {
  return html`<bdi>${name.trim() === '' ? '—' : clip(name, limit)}</bdi>`
}

/** Text from a record, isolated in the same way. */
export function recordText(text: string, limit = TEXT_LIMIT): Html {
  return html`<bdi>${clip(text, limit)}</bdi>`
}

const PICTURE = /^data:image\/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/]+={0,2}$/

/** A small picture. What is not a base64 data URI of a bitmap is left out and said to be missing: nothing is fetched. */
export function picture(uri: string, alt: string, side: number): Html {
  if (!PICTURE.test(uri))
    return html`<span class="digit missing" role="img" aria-label="${clip(alt, 80)}; picture missing"></span>`
  // Not through `html`: its limit is for text. The pattern above admits nothing that needs escaping.
  const source = new Html(uri)
  return html`<img class="digit" src="${source}" alt="${clip(alt, 80)}" width="${side}" height="${side}">`
}
