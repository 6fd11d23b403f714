import type { CheckpointInfo } from '../../contract/checkpoint-store.js'
import type { Slot } from '../../contract/slot.js'
import { checkMachine } from '../../recovery/check-arguments.js'
import type { StateMachine } from '../../recovery/state-machine.js'
import { checkCodecs } from './check-codecs.js'
import type { Codec } from './codec.js'
import { unseal } from './sealed-value.js'
import { decodeState } from './typed-checkpoints.js'
import type { TypedDecision } from './typed-log.js'

/** A state machine that takes values; `recover` feeds it through {@link typedStateMachine}. */
export interface TypedStateMachine<D, S> {
  /** Replace the whole state. It was read to its end and checked before this is called. */
  restore(checkpoint: CheckpointInfo, state: S): Promise<void> | void
  apply(decisions: readonly TypedDecision<D>[]): Promise<void> | void
  /** As in `StateMachine`. */
  appliedTo?(): Slot
}

/** Lets `recover(typed.log, ...)` feed a machine that takes values. */
export function typedStateMachine<D, S>(
  codecs: { readonly decision: Codec<D>; readonly state: Codec<S> },
  machine: TypedStateMachine<D, S>,
): StateMachine {
  checkCodecs(codecs, ['decision', 'state'])
  checkMachine(machine)
  return {
    async restore(checkpoint, content) {
      await machine.restore(checkpoint, await decodeState(codecs.state, checkpoint, content))
    },
    async apply(decisions) {
      const typed = decisions.map((decision): TypedDecision<D> => {
        const { slot, value } = decision
        return { ...decision, value: unseal(codecs.decision, value, `slot ${slot}`, slot) }
      })
      await machine.apply(typed)
    },
    ...(machine.appliedTo && { appliedTo: () => machine.appliedTo!() }),
  }
}
