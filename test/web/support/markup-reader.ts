/** One element as a browser would see it: name and attributes in order. */
interface ReadElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
}

interface ReadPage {
  readonly elements: readonly ReadElement[]
  /** Names of elements and attributes in document order, without any text: the same for all data of one shape. */
  readonly skeleton: string
  /** All text outside tags and styles, entities decoded. */
  readonly text: string
}

const VOID = new Set(['meta', 'link', 'img', 'br'])
const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[a-zA-Z][\w:-]*(?:="[^"<>]*")?)*)\s*>/y
const ATTRIBUTE = /\s+([a-zA-Z][\w:-]*)(?:="([^"]*)")?/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#96': '`' }

/**
 * Reads the strict subset of HTML that the page is written in, and nothing else: every `<` begins a well-formed tag,
 * attributes are in double quotes, every element is closed in order. Throws at the first thing that is not so, which is how
 * a text that escaped from its place is found.
 */
export function readMarkup(page: string): ReadPage {
  const elements: ReadElement[] = []
  const open: string[] = []
  const skeleton: string[] = []
  let text = ''
  let at = page.startsWith('<!doctype html>') ? '<!doctype html>'.length : fail('no doctype', 0, page)
  while (at < page.length) {
    if (page[at] !== '<') {
      const end = page.indexOf('<', at)
      text += decode(page.slice(at, end === -1 ? page.length : end))
      at = end === -1 ? page.length : end
      continue
    }
    TAG.lastIndex = at
    const tag = TAG.exec(page) ?? fail('a < that begins no tag', at, page)
    const [, closing, name, rest] = tag as unknown as [string, string, string, string]
    at = TAG.lastIndex
    if (closing === '/') {
      if (open.pop() !== name) fail(`</${name}> out of order`, at, page)
      skeleton.push(`/${name}`)
      continue
    }
    const attributes = readAttributes(rest)
    elements.push({ name, attributes })
    skeleton.push(`${name}(${[...attributes.keys()].join(' ')})`)
    if (!VOID.has(name)) open.push(name)
    if (name === 'style') at = page.indexOf('</style>', at)
  }
  if (open.length > 0) fail(`${open.join(' ')} left open`, at, page)
  return { elements, skeleton: skeleton.join(' '), text }
}

function readAttributes(rest: string): Map<string, string> {
  return new Map([...rest.matchAll(ATTRIBUTE)].map(([, name, value]) => [name!, decode(value ?? '')]))
}

function decode(text: string): string {
  return text.replace(/&([#a-z0-9]+);/g, (entity, name: string) => ENTITIES[name] ?? entity)
}

function fail(what: string, at: number, page: string): never {
  throw new Error(`${what} at ${at}: ${JSON.stringify(page.slice(Math.max(0, at - 60), at + 60))}`)
}
