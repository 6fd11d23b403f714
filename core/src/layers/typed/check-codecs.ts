import * as check from '../../backend/arguments.js'

const CODECS = ['decision', 'state', 'configuration']

/** Codecs that can do both ways, by their names; those that are not required may be left out. */
export function checkCodecs(codecs: unknown, required: readonly string[]): void {
  check.checkObject(codecs, 'codecs')
  check.checkNames(codecs, 'codecs', CODECS)
  for (const name of CODECS) {
    const codec: unknown = (codecs as Readonly<Record<string, unknown>>)[name]
    if (codec === undefined && !required.includes(name)) continue
    check.checkObject(codec, `codecs.${name}`)
    const { encode, decode } = codec as Readonly<Record<string, unknown>>
    check.checkFunction(encode, `codecs.${name}.encode`)
    check.checkFunction(decode, `codecs.${name}.decode`)
  }
}
