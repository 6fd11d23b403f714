import { crcSlices } from '@persistent-log/core/backend'
import { checksum } from '../checksum.js'

/** The words of a header that its checksum covers. */
const WORDS = 12
const SLICES = crcSlices(4 * WORDS)
/** The checksum of as many zeros: what the words contribute is added to it. */
const OF_ZEROS = checksum(new Uint8Array(4 * WORDS), 0, 4 * WORDS, 0) | 0

/** What the checksum of the last header owes to the words that the records of one leader share ... */
let lastHead = 0
let lastRound = 0
let lastRoundHigh = 0
let lastNode = 0
let lastNodeHigh = 0
let lastShared = OF_ZEROS
/** ... and to those that neighbours share: values of one size, and the place that the tail had reached. */
let lastBytes = 0
let lastLink = 0
let lastLinkHigh = 0
let lastPlace = 0

/**
 * The checksum of bytes 0-47 of a record (byte map in record.ts), which begins at word `at`: CRC-32, as `checksum` has it.
 * That is linear, so that each word contributes for itself and in any order: nothing where it is zero, as most are, and
 * what kind and ballot contribute is known from the record before, as a rule.
 */
export function headerChecksum(words: Int32Array, at: number): number {
  const head = words[at]!
  const round = words[at + 4]!
  const roundHigh = words[at + 5]!
  const node = words[at + 6]!
  const nodeHigh = words[at + 7]!
  const isAsBefore =
    head === lastHead &&
    round === lastRound &&
    node === lastNode &&
    roundHigh === lastRoundHigh &&
    nodeHigh === lastNodeHigh
  let sum = isAsBefore ? lastShared : sharedPart(head, round, roundHigh, node, nodeHigh)
  const bytes = words[at + 1]!
  const link = words[at + 8]!
  const linkHigh = words[at + 9]!
  const isPlacedAsBefore = bytes === lastBytes && link === lastLink && linkHigh === lastLinkHigh
  sum ^= isPlacedAsBefore ? lastPlace : placePart(bytes, link, linkHigh)
  sum ^= part(2, words[at + 2]!) ^ part(11, words[at + 11]!)
  if (words[at + 3] !== 0) sum ^= part(3, words[at + 3]!)
  if (words[at + 10] !== 0) sum ^= part(10, words[at + 10]!)
  return sum >>> 0
}

function sharedPart(head: number, round: number, roundHigh: number, node: number, nodeHigh: number): number {
  lastHead = head
  lastRound = round
  lastRoundHigh = roundHigh
  lastNode = node
  lastNodeHigh = nodeHigh
  lastShared =
    OF_ZEROS ^ part(0, head) ^ part(4, round) ^ part(5, roundHigh) ^ part(6, node) ^ part(7, nodeHigh)
  return lastShared
}

function placePart(bytes: number, link: number, linkHigh: number): number {
  lastBytes = bytes
  lastLink = link
  lastLinkHigh = linkHigh
  lastPlace = part(1, bytes)
  if ((link | linkHigh) !== 0) lastPlace ^= part(8, link) ^ part(9, linkHigh)
  return lastPlace
}

/** What a word contributes at its place: each of its bytes by how many bytes follow. */
function part(place: number, word: number): number {
  const first = (4 * (WORDS - place) - 1) << 8
  return (
    SLICES[first + (word & 0xff)]! ^
    SLICES[first - 256 + ((word >>> 8) & 0xff)]! ^
    SLICES[first - 512 + ((word >>> 16) & 0xff)]! ^
    SLICES[first - 768 + (word >>> 24)]!
  )
}
