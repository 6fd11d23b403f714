import type { PartInfo } from '../../../contract/divisible-checkpoints.js'

/** A content that is stored once, and who wants it: checkpoints that name it, calls and readers under way, receptions. */
export interface HeldPart {
  readonly digest: string
  readonly bytes: number
  readonly blob: string
  /** At 0 the blob goes. */
  owners: number
  /** This process wrote it, or has read it whole and without a fault. */
  isVerified: boolean
}

/** A line of a descriptor, and where its content is. */
export interface DescribedPart {
  readonly name: string | undefined
  readonly part: HeldPart
}

/** A line as its user sees it. */
export function publicPart({ name, part: { digest, bytes } }: DescribedPart): PartInfo {
  return name === undefined ? { digest, bytes } : { name, digest, bytes }
}
