/** A piece of a page: text that was escaped, and tags around it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

type Part = Html | string | number | readonly Part[]

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function shown(part: Part): string {
  if (part instanceof Html) return part.text
  if (typeof part === 'object') return part.map(shown).join('')
  return String(part).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

/** Fills a piece of a page; whatever is no piece itself is escaped. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    pieces.map((piece, at) => piece + (at < parts.length ? shown(parts[at] ?? '') : '')).join(''),
  )
}
