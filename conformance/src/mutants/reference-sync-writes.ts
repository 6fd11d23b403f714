import { raise, type CommitId, type Proposal, type Survival, type SyncWrites } from '@persistent-log/core'
import * as check from './arguments.js'
import { checkSizes } from './reference-items.js'
import type { ReferenceLog } from './reference-log.js'

/** Single writes without a Promise: saved before they return, busy while anything is being saved. */
export class ReferenceSyncWrites implements SyncWrites {
  readonly log: ReferenceLog

  constructor(log: ReferenceLog) {
    this.log = log
  }

  get survives(): Survival {
    return this.log.capabilities.survives.accept
  }

  accept(proposal: Proposal): void {
    const { core, capabilities, counts } = this.log
    check.proposal(proposal, 'proposal')
    checkSizes([proposal], capabilities)
    core.checkOpen('accept')
    this.mustNotWait('accept')
    if (!this.hasRoom(proposal)) throw raise.busy('accept', 'no space')
    this.write('accept', proposal.slot, () => core.model.accept(proposal))
    counts.accepts++
  }

  commit(id: CommitId): void {
    const { core, capabilities, counts } = this.log
    check.commitId(id, 'id')
    checkSizes([id], capabilities)
    core.checkOpen('commit')
    this.mustNotWait('commit')
    this.write('commit', id.slot, () => core.model.commit(id))
    counts.commits++
    this.freed()
  }

  write(operation: string, slot: number, judge: () => void): void {
    this.log.core.writeNow(operation, slot, judge)
  }

  /** Who waits for space may have it now. */
  freed(): void {
    this.log.space.wake()
  }

  hasRoom(proposal: Proposal): boolean {
    return this.log.space.hasRoom(proposal)
  }

  /** What is under way has been judged, but is not on the disk. */
  mustNotWait(operation: string): void {
    if (this.log.core.isSaving) throw raise.busy(operation, 'a write is under way')
  }
}
