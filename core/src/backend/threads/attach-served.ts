import type { ThreadHandle } from '../../contract/threads.js'
import { raise } from '../../errors/raise.js'
import { checkHandle, type ServedHandle } from './handle.js'
import { Seat } from './seat.js'
import { ServedLog } from './served-log.js'
import { SharedProgress } from './shared-progress.js'

/** Takes a free seat; whoever is told that there is none asks the owner for another handle. */
export function takeSeat({ progress, seatMemory }: ServedHandle): Seat {
  if (new SharedProgress(progress).isClosed) throw raise.notOpen('attach')
  for (const memory of seatMemory) {
    const seat = new Seat(memory)
    if (seat.take()) return seat
  }
  const reason = `all ${seatMemory.length} seats of this handle are taken; ask the owner for another one`
  throw raise.unsupported('attach', reason)
}

/** The whole of `Backend.attach` for a backend that shares no memory but the pipes: the owner answers everything. */
export async function attachServed(handle: ThreadHandle): Promise<ServedLog> {
  checkHandle(handle)
  return new ServedLog(handle, takeSeat(handle))
}
