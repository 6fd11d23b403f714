import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { raise } from '../../errors/index.js'

/** What a log directory says about itself for as long as it lives. */
export interface Identity {
  readonly backend: string
  /** Of the backend's own files. */
  readonly formatVersion: number
  /** Random: a record, file or directory of another log is recognised by it. */
  readonly logId: Uint8Array
  readonly firstSlot: number
}

/** The name of the file that makes a directory a log. */
export const IDENTITY_FILE = 'plog.json'

const FORMAT = 'persistent-log'
/** Of the identity file and of the names in the directory. */
const IDENTITY_VERSION = 1
const LOG_ID_BYTES = 16

/** A random name for a new log. */
export const newLogId = (): Uint8Array => new Uint8Array(randomBytes(LOG_ID_BYTES))

/** CRC-32 over the other fields as compact JSON, in the order of the file. Every version of the file keeps this rule. */
const checksumOf = (fields: object): string => crc32(JSON.stringify(fields)).toString(16).padStart(8, '0')

/** The content of an identity file: JSON that people can read. */
export function encodeIdentity(identity: Identity): Uint8Array {
  const fields = {
    format: FORMAT,
    version: IDENTITY_VERSION,
    backend: identity.backend,
    formatVersion: identity.formatVersion,
    logId: Buffer.from(identity.logId).toString('hex'),
    firstSlot: identity.firstSlot,
  }
  return Buffer.from(`${JSON.stringify({ ...fields, checksum: checksumOf(fields) }, null, 2)}\n`)
}

/** Reads an identity file; a version of it that is not known is no damage. */
export async function readIdentity(file: string): Promise<Identity> {
  const fields = verifiedFields(file, await read(file))
  const { version, backend, formatVersion, logId, firstSlot } = fields
  if (typeof version === 'number' && version > IDENTITY_VERSION) {
    throw raise.unknownFormat(file, version, IDENTITY_VERSION)
  }
  if (
    typeof backend !== 'string' ||
    !isCount(formatVersion) ||
    !isCount(firstSlot) ||
    typeof logId !== 'string' ||
    !/^[0-9a-f]{32}$/.test(logId)
  ) {
    throw raise.corrupted(`${file} lacks a field`, { file })
  }
  return { backend, formatVersion, firstSlot, logId: new Uint8Array(Buffer.from(logId, 'hex')) }
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw raise.io('read', { file }, { cause })
  }
}

function verifiedFields(file: string, text: string): Record<string, unknown> {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw raise.corrupted(`${file} is not what was written`, { file }, { cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw raise.corrupted(`${file} is not what was written`, { file })
  }
  const { checksum, ...fields } = parsed as Record<string, unknown>
  if (fields['format'] !== FORMAT || checksum !== checksumOf(fields)) {
    throw raise.corrupted(`${file} is not what was written: its checksum does not fit`, { file })
  }
  return fields
}
