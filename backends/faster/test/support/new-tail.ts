import { SpareSegments } from '../../src/segments/spare-segments.js'
import { Tail } from '../../src/segments/tail.js'
import { MemoryDisk } from './memory-disk.js'
import { LOG_ID } from './open-log.js'

/** An empty tail in memory, and its disk. */
export function newTail(segmentBytes = 4096): { readonly disk: MemoryDisk; readonly tail: Tail } {
  const disk = new MemoryDisk()
  const files = disk.folder('')
  const spares = new SpareSegments({ files, segmentBytes, limit: 0 })
  return { disk, tail: new Tail({ files, logId: LOG_ID, segmentBytes, segments: [], spares }) }
}
