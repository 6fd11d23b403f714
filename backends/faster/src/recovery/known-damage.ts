import { v } from '@persistent-log/core/backend'
import { checksum } from '../checksum.js'
import type { SegmentFiles } from '../segments/segment-files.js'

/** The file in the engine's directory. */
export const KNOWN_DAMAGE_NAME = 'known-damage.json'

const integer = v.pipe(v.number(), v.safeInteger())
const stretchSchema = v.object({ segment: integer, from: integer, to: integer })
const fileSchema = v.object({
  checksum: integer,
  stretches: v.array(stretchSchema),
  isBegun: v.optional(v.boolean()),
})

/** Damaged bytes that the user has opened the log over, with `recovery: 'salvage'`. */
export type KnownStretch = v.InferOutput<typeof stretchSchema>

/** What earlier opens noted. */
export interface KnownDamage {
  readonly stretches: readonly KnownStretch[]
  /** The open that noted it may have ended before the log said what became of the votes. */
  readonly isBegun: boolean
}

/** True when the stretch is one of the known ones. */
export function isKnown(known: readonly KnownStretch[], it: KnownStretch): boolean {
  return known.some(({ segment, from, to }) => segment === it.segment && from === it.from && to === it.to)
}

const sumOf = ({ stretches, isBegun }: KnownDamage): number => {
  const bytes = Buffer.from(JSON.stringify(isBegun ? [...stretches, 'begun'] : stretches))
  return checksum(bytes, 0, bytes.byteLength, 0)
}

const NOTHING: KnownDamage = { stretches: [], isBegun: false }

/** What was noted at earlier opens. A file that is damaged itself notes nothing: the damage is then found anew. */
export async function readKnownDamage(files: SegmentFiles, names: readonly string[]): Promise<KnownDamage> {
  if (!names.includes(KNOWN_DAMAGE_NAME)) return NOTHING
  const file = await files.open(KNOWN_DAMAGE_NAME)
  try {
    const parsed = v.safeParse(fileSchema, parseJson(file.read(0, file.size).toString()))
    if (!parsed.success) return NOTHING
    const { stretches, isBegun = false } = parsed.output
    const known = { stretches, isBegun }
    return parsed.output.checksum === sumOf(known) ? known : NOTHING
  } finally {
    await file.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Notes the damage durably, in one step. */
export async function writeKnownDamage(files: SegmentFiles, known: KnownDamage): Promise<void> {
  const unpublished = `${KNOWN_DAMAGE_NAME}.new`
  const file = await files.create(unpublished)
  try {
    await file.write(Buffer.from(JSON.stringify({ checksum: sumOf(known), ...known })), 0)
    await file.flush()
  } finally {
    await file.close()
  }
  await files.rename(unpublished, KNOWN_DAMAGE_NAME)
  await files.syncDirectory()
}
