import { raise } from '../errors/raise.js'

/** The byte order mark that some editors put in front. */
export const BYTE_ORDER_MARK = /^\uFEFF/

const syntaxError = (file: string, place: string, reason: string) =>
  raise.invalidConfig([{ path: `${file}${place}`, message: reason, value: file }])

/** `:line:column` of an offset, both counted from 1, as an editor opens it. */
function lineAndColumn(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`
}

/** The value of a JSON text; a mistake is `PLOG_INVALID_CONFIG` with its line. */
export function parseJson(text: string, file: string): unknown {
  const content = text.replace(BYTE_ORDER_MARK, '')
  try {
    return JSON.parse(content) as unknown
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    // V8 tells the offset in its message only, and none where the text ends early; the line is a comfort, nothing rests
    // on it.
    const offset = /at position (\d+)/.exec(reason)?.[1]
    const place = lineAndColumn(content, offset === undefined ? content.length : Number(offset))
    throw syntaxError(file, place, reason)
  }
}

/**
 * The value of a YAML text; a mistake, or a tag that nobody knows, is `PLOG_INVALID_CONFIG` with its line. The parser takes
 * as long to load as all of this package: only who has a YAML file waits for it.
 */
export async function parseYaml(text: string, file: string): Promise<unknown> {
  const { LineCounter, parseDocument } = await import('yaml')
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const mistake = document.errors[0] ?? document.warnings[0]
  if (mistake) {
    const { line, col } = lineCounter.linePos(mistake.pos[0])
    throw syntaxError(file, `:${line}:${col}`, mistake.message)
  }
  try {
    return document.toJS() as unknown
  } catch (error) {
    // Aliases that multiply beyond all measure.
    throw syntaxError(file, '', error instanceof Error ? error.message : String(error))
  }
}
