// A Paxos acceptor is a few lines over a log: the log keeps its promise and its votes, also through a crash.
// Three acceptors, a proposer that fails half way, and a second one that must find the first one's value.
//   npm run build && node examples/dist/src/03-acceptor.js
import { openLog, type Ballot, type LogEntry, type PersistentLog } from '@persistent-log/core'

/** Phase 1: promise, then tell every vote from `slot` on. Phase 2: vote. Both reject below the promise. */
class Acceptor {
  constructor(readonly log: PersistentLog) {}

  async prepare(ballot: Ballot): Promise<LogEntry[]> {
    await this.log.promise(ballot)
    const votes: LogEntry[] = []
    for await (const entry of this.log.decisions({}, { includeAccepted: true })) votes.push(entry)
    return votes
  }

  accept(slot: number, ballot: Ballot, value: string): Promise<void> {
    return this.log.accept({ slot, ballot, value: Buffer.from(value) })
  }
}

const SLOT = 0
const acceptors: Acceptor[] = []
// 'faster', 'lmdb' or 'level' with a directory each would keep the votes for ever.
for (let node = 0; node < 3; node++) acceptors.push(new Acceptor(await openLog({ backend: 'memory' })))
const [a, b, c] = acceptors as [Acceptor, Acceptor, Acceptor]

// Proposer 1 has a majority for "red", and stops before it tells anybody.
const first = { round: 1, nodeId: 1 }
await Promise.all([a.prepare(first), b.prepare(first)])
await Promise.all([a.accept(SLOT, first, 'red'), b.accept(SLOT, first, 'red')])
console.log('proposer 1: "red" is chosen by a and b, nobody else knows')

// Proposer 2 wants "blue", asks b and c, and finds b's vote: it must propose that value instead.
const second = { round: 2, nodeId: 2 }
const votes = (await Promise.all([b.prepare(second), c.prepare(second)])).flat()
const highest = votes.sort((x, y) => y.ballot.round - x.ballot.round)[0]
const value = highest ? Buffer.from(highest.value).toString() : 'blue'
console.log(`proposer 2: wanted "blue", found ${votes.length} vote, proposes "${value}"`)
await Promise.all([b.accept(SLOT, second, value), c.accept(SLOT, second, value)])
await Promise.all([b, c].map(({ log }) => log.commit({ slot: SLOT, ballot: second })))

// Proposer 1 comes back: its ballot is below the promise of b.
await b.accept(1, first, 'late').catch((error: Error) => console.log(`proposer 1: ${error.message}`))

// Acceptor a voted in an older ballot: it learns the decision, which outranks its own vote.
const decision = await b.log.read(SLOT)
if (decision) await a.log.learn(decision)
for (const [name, { log }] of Object.entries({ a, b, c })) {
  console.log(`acceptor ${name} decided "${Buffer.from((await log.read(SLOT))?.value ?? []).toString()}"`)
  await log.close()
}
