import { ReferenceDisk } from '../../src/mutants/disk.js'
import { REFERENCE_PARTS, referenceBackend } from '../../src/mutants/reference-backend.js'
import { slowDisk } from '../../src/mutants/slow-disk.js'

/** The reference log on a disk whose writes take their time. */
export const backend = referenceBackend('slow', { ...REFERENCE_PARTS, Disk: slowDisk(ReferenceDisk) })
