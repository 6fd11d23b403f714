import type { OpenContext } from '../../src/contract/backend.js'

/** A context as a user's empty configuration gives it. */
export const CONTEXT: OpenContext = {
  directory: undefined,
  firstSlot: 0,
  durability: {},
  recovery: 'strict',
  acceptLostVotes: false,
  fullWaitMs: 1_000,
  poisonViews: false,
  limits: {},
  options: {},
}
