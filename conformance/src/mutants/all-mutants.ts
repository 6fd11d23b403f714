import { ballotMutants } from './ballot-mutants.js'
import { borrowMutants } from './borrow-mutants.js'
import { capabilityMutants } from './capability-mutants.js'
import { checkpointMutants } from './checkpoint-mutants.js'
import { divisibleMutants } from './divisible-mutants.js'
import { diskMutants } from './disk-mutants.js'
import { everyCallMutants } from './every-call-mutants.js'
import { holdMutants } from './hold-mutants.js'
import { interfaceMutants } from './interface-mutants.js'
import type { Mutant } from './mutant.js'
import { plainMutants } from './plain-mutants.js'
import { scanMutants } from './scan-mutants.js'
import { slotMutants } from './slot-mutants.js'
import { slowMutants } from './slow-mutants.js'
import { storeMutants } from './store-mutants.js'
import { syncMutants } from './sync-mutants.js'
import { threadMutants } from './thread-mutants.js'

/** Every way in which the reference log is broken on purpose. */
export const allMutants: readonly Mutant[] = [
  ...plainMutants,
  ...everyCallMutants,
  ...ballotMutants,
  ...slotMutants,
  ...storeMutants,
  ...checkpointMutants,
  ...divisibleMutants,
  ...diskMutants,
  ...scanMutants,
  ...interfaceMutants,
  ...capabilityMutants,
  ...holdMutants,
  ...borrowMutants,
  ...syncMutants,
  ...threadMutants,
  ...slowMutants,
]
