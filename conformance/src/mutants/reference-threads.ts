import type { ThreadHandle } from '@persistent-log/core'
import { SharedProgress, ThreadServer, type OwnerCall } from '@persistent-log/core/backend'
import { modelBounds } from '../model/model-bounds.js'
import type { ReferenceLog } from './reference-log.js'

/** Threads that have attached the reference log: every call of theirs is a call of the log. */
export class ReferenceThreads extends ThreadServer {
  readonly log: ReferenceLog

  constructor(log: ReferenceLog) {
    super(log, new SharedProgress())
    this.log = log
    log.core.whenSaved.add(() => this.publish())
    log.core.whenClosed.add(() => this.close())
    this.publish()
  }

  handle(): ThreadHandle {
    this.log.core.checkOpen('threadHandle')
    return this.newHandle()
  }

  /** Tells the threads how far the log has come. */
  publish(): void {
    const { compactedBefore, contiguousTo, highest = -1 } = modelBounds(this.log.core.model)
    this.progress.publish({ compactedBefore, contiguousTo, decidedTo: highest + 1 })
  }

  override perform(call: OwnerCall): Promise<unknown> {
    return super.perform(call)
  }
}
