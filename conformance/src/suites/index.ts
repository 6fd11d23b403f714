import { crashStateCases } from '../crash-states/cases.js'
import { corruptionCases } from '../corruption/cases.js'
import { modelCases } from '../model/cases.js'
import { stateCases } from '../traits/states.js'
import { ballotCases } from './ballot.js'
import { basicCases } from './basic.js'
import { batchCases, discardFromCases } from './batches.js'
import { borrowedReadCases } from './borrowed-reads.js'
import { boundCases } from './bounds.js'
import { byteCases } from './bytes.js'
import { callOrderCases } from './call-order.js'
import { capabilityCases } from './capabilities.js'
import type { Case } from './case.js'
import { checkpointStreamCases } from './checkpoint-streams.js'
import { checkpointCases } from './checkpoints.js'
import { commitCases } from './commit.js'
import { compactionCases } from './compaction.js'
import { concurrencyCases } from './concurrency.js'
import { configurationCases } from './configuration.js'
import { discardCases } from './discard.js'
import { divisibleCheckpointCases } from './divisible-checkpoints.js'
import { divisibleTransferCases } from './divisible-transfer.js'
import { durabilityCases } from './durability.js'
import { flushOrderCases } from './flush-order.js'
import { fullDiskCases } from './full-disk.js'
import { installCases } from './install.js'
import { iterationCases } from './iteration.js'
import { lifeCycleCases } from './life-cycle.js'
import { limitCases } from './limits.js'
import { orderCases } from './order.js'
import { overwriteCases } from './overwrite.js'
import { powerCutCases } from './power-cuts.js'
import { promiseCases } from './promise.js'
import { recoveryCases } from './recovery.js'
import { replayCases } from './replay.js'
import { spaceCases } from './space.js'
import { syncWriteCases } from './sync-writes.js'
import { systemCallCases } from './system-calls.js'
import { threadLoadCases } from './threads-under-load.js'
import { threadCases } from './threads.js'
import { typedCases } from './typed.js'

/** All cases of the kit, in the order in which they run: from the simple to the hard. */
export const allCases: readonly Case[] = [
  ...basicCases,
  ...byteCases,
  ...orderCases,
  ...ballotCases,
  ...promiseCases,
  ...commitCases,
  ...overwriteCases,
  ...iterationCases,
  ...compactionCases,
  ...discardCases,
  ...checkpointCases,
  ...checkpointStreamCases,
  ...installCases,
  ...divisibleCheckpointCases,
  ...divisibleTransferCases,
  ...configurationCases,
  ...batchCases,
  ...discardFromCases,
  ...boundCases,
  ...limitCases,
  ...concurrencyCases,
  ...callOrderCases,
  ...spaceCases,
  ...replayCases,
  ...typedCases,
  ...borrowedReadCases,
  ...syncWriteCases,
  ...capabilityCases,
  ...stateCases,
  ...modelCases,
  ...lifeCycleCases,
  ...durabilityCases,
  ...recoveryCases,
  ...flushOrderCases,
  ...systemCallCases,
  ...powerCutCases,
  ...fullDiskCases,
  ...crashStateCases,
  ...corruptionCases,
  ...threadCases,
  ...threadLoadCases,
]
