/** Arguments of a traced call, split where strace put a comma outside texts and brackets. */
export function splitArguments(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let from = 0
  let isText = false
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (isText) {
      if (sign === '\\') at++
      else if (sign === '"') isText = false
    } else if (sign === '"') isText = true
    else if (sign === '[' || sign === '{' || sign === '(' || sign === '<') depth++
    else if (sign === ']' || sign === '}' || sign === ')' || sign === '>') depth--
    else if (sign === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim())
      from = at + 1
    }
  }
  parts.push(text.slice(from).trim())
  return parts
}

const ESCAPES: Readonly<Record<string, number>> = {
  n: 10,
  t: 9,
  r: 13,
  f: 12,
  v: 11,
  '"': 34,
  '\\': 92,
}

/** The bytes of a text as strace quotes them; `undefined` when it did not show all of them. */
export function bytesOfText(quoted: string): Buffer | undefined {
  const match = /^"((?:[^"\\]|\\[^])*)"(\.\.\.)?$/.exec(quoted)
  if (match === null || match[2] !== undefined) return undefined
  const bytes: number[] = []
  for (const [, octal, hex, sign, plain] of (match[1] ?? '').matchAll(
    /\\([0-7]{1,3})|\\x([0-9a-f]{2})|\\([^])|([^\\])/g,
  )) {
    if (octal !== undefined) bytes.push(Number.parseInt(octal, 8))
    else if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else if (sign !== undefined) bytes.push(ESCAPES[sign] ?? sign.charCodeAt(0))
    else bytes.push((plain ?? '').charCodeAt(0))
  }
  return Buffer.from(bytes)
}

/** The bytes of a list of buffers: `[{iov_base="...", iov_len=3}, ...]`. */
export function bytesOfVector(list: string): Buffer | undefined {
  const texts = [...list.matchAll(/iov_base=("(?:[^"\\]|\\[^])*"(?:\.\.\.)?)/g)].map(([, quoted = '']) =>
    bytesOfText(quoted),
  )
  const whole = texts.filter((bytes) => bytes !== undefined)
  return whole.length === texts.length ? Buffer.concat(whole) : undefined
}

/** A descriptor and the path that strace puts behind it. */
export function descriptorIn(
  argument: string,
): { readonly number: number; readonly path: string } | undefined {
  const match = /^(-?\d+|AT_FDCWD)(?:<([^>]*)>)?/.exec(argument)
  if (match === null) return undefined
  const path = (match[2] ?? '').replace(/ \(deleted\)$/, '')
  return { number: match[1] === 'AT_FDCWD' ? -100 : Number(match[1]), path }
}

/** A path argument, from where the directory argument before it says. */
export function pathIn(quoted: string, directory?: string): string {
  const path = bytesOfText(quoted)?.toString() ?? ''
  if (path.startsWith('/') || directory === undefined) return path
  return `${descriptorIn(directory)?.path ?? ''}/${path}`
}
