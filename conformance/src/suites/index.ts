import { modelCases } from '../model/cases.js'
import { stateCases } from '../traits/states.js'
import { ballotCases, promiseCases } from './ballot.js'
import { basicCases } from './basic.js'
import { batchCases, discardFromCases } from './batches.js'
import { boundCases } from './bounds.js'
import { capabilityCases } from './capabilities.js'
import type { Case } from './case.js'
import { checkpointCases, installCases } from './checkpoints.js'
import { commitCases } from './commit.js'
import { compactionCases, discardCases } from './compaction.js'
import { concurrencyCases } from './concurrency.js'
import { configurationCases } from './configuration.js'
import { durabilityCases } from './durability.js'
import { iterationCases } from './iteration.js'
import { lifeCycleCases } from './life-cycle.js'
import { orderCases } from './order.js'
import { overwriteCases } from './overwrite.js'
import { recoveryCases } from './recovery.js'

/** All cases of the kit, in the order in which they run: from the simple to the hard. */
export const allCases: readonly Case[] = [
  ...basicCases,
  ...orderCases,
  ...ballotCases,
  ...promiseCases,
  ...commitCases,
  ...overwriteCases,
  ...iterationCases,
  ...compactionCases,
  ...discardCases,
  ...checkpointCases,
  ...installCases,
  ...configurationCases,
  ...batchCases,
  ...discardFromCases,
  ...boundCases,
  ...concurrencyCases,
  ...capabilityCases,
  ...stateCases,
  ...modelCases,
  ...lifeCycleCases,
  ...durabilityCases,
  ...recoveryCases,
]
