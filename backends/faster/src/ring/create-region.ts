import { randomBytes } from 'node:crypto'
import type { RegionFile, SegmentFiles } from '../segments/segment-files.js'
import { FORMAT_VERSION, SALT_BYTES } from '../segments/segment-header.js'
import { encodeRingHeader, REGION_NAME, RING_HEADER_BYTES } from './ring-layout.js'

/** A new file of the mutable region, with a salt of its own, in place of what an earlier session left. */
export async function createRegion(files: SegmentFiles, capacity: number): Promise<RegionFile> {
  const unpublished = `${REGION_NAME}.new`
  const file = await files.createRegion(unpublished, RING_HEADER_BYTES + capacity)
  try {
    file.extend(RING_HEADER_BYTES)
    encodeRingHeader(file.bytes, FORMAT_VERSION, capacity, randomBytes(SALT_BYTES))
    file.stored(0, RING_HEADER_BYTES)
    // A region that has its name has a whole header: a damaged one is damage.
    await files.rename(unpublished, REGION_NAME)
  } catch (error) {
    await file.close()
    throw error
  }
  return file
}
