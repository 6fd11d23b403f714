import { setTimeout as sleep } from 'node:timers/promises'
import type { ModelState } from '../model/model-state.js'
import type { ReferenceDisk } from './disk.js'

/** A flush of a common disk takes about so long, in ms: looks that end sooner see nothing of what is under way. */
const FLUSH_MS = 20

/** The disk of a reference log whose writes take their time, as on a device. */
export function slowDisk(Disk: typeof ReferenceDisk): typeof ReferenceDisk {
  return class extends Disk {
    override async save(state: () => ModelState): Promise<void> {
      await super.save(state)
      await sleep(FLUSH_MS)
    }
  }
}
