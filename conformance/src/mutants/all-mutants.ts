import { ballotMutants } from './ballot-mutants.js'
import { borrowMutants } from './borrow-mutants.js'
import { checkpointMutants } from './checkpoint-mutants.js'
import { divisibleMutants } from './divisible-mutants.js'
import { diskMutants } from './disk-mutants.js'
import { holdMutants } from './hold-mutants.js'
import { interfaceMutants } from './interface-mutants.js'
import type { Mutant } from './mutant.js'
import { scanMutants } from './scan-mutants.js'
import { slotMutants } from './slot-mutants.js'
import { storeMutants } from './store-mutants.js'
import { syncMutants } from './sync-mutants.js'
import { threadMutants } from './thread-mutants.js'

/** Every way in which the reference log is broken on purpose. */
export const allMutants: readonly Mutant[] = [
  ...ballotMutants,
  ...slotMutants,
  ...storeMutants,
  ...checkpointMutants,
  ...divisibleMutants,
  ...diskMutants,
  ...scanMutants,
  ...interfaceMutants,
  ...holdMutants,
  ...borrowMutants,
  ...syncMutants,
  ...threadMutants,
]
