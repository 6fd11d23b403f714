import { RandomSlots } from './random.js'
import { ORDINARY, type Workload } from './workload.js'

const ENTRIES = 10_000
const READ_PERCENTS = [100, 90, 70, 50] as const

/** Reads at random and durable decisions, in the shares that the name says. */
export const mixWorkloads: readonly Workload[] = READ_PERCENTS.map((percent) => ({
  ...ORDINARY,
  name: `mix-${percent}-${100 - percent}`,
  title: `${percent} % reads, ${100 - percent} % durable decisions`,
  entries: ENTRIES,
  waitsFor: percent === 100 ? ('processor' as const) : undefined,
  maxOperations: 1_000_000,
  begin(bed) {
    const chance = new RandomSlots(100)
    const slots = new RandomSlots(ENTRIES)
    return {
      chunk: 1,
      async run() {
        if (chance.next() < percent) {
          const slot = slots.next()
          const value = await bed.subject.read(slot)
          if (value?.length !== bed.values.bytes) throw new Error(`slot ${slot} was not answered`)
        } else {
          await bed.subject.decide(bed.decided, [bed.values.at(bed.decided)])
          bed.decided++
        }
      },
    }
  },
}))
