// A Paxos acceptor is a few lines over a log: the log keeps its promise and its votes, also through a crash.
// Three acceptors; two proposers of one round stop half way; a third one must find the value that they chose.
//   npm run build && node examples/dist/src/03-acceptor.js
import { compareBallots, openLog, type Ballot, type LogEntry, type PersistentLog } from '@persistent-log/core'

/** What phase 1 is answered with: every vote that is kept, and the slot below which all is decided and gone. */
interface Answer {
  readonly votes: readonly LogEntry[]
  readonly compactedBefore: number
}

/** Phase 1: promise, for all slots, then tell every vote. Phase 2: vote. Both reject below the promise. */
class Acceptor {
  constructor(readonly log: PersistentLog) {}

  async prepare(ballot: Ballot): Promise<Answer> {
    await this.log.promise(ballot)
    const { compactedBefore } = this.log.bounds()
    const votes: LogEntry[] = []
    for await (const entry of this.log.decisions({}, { includeAccepted: true })) votes.push(entry)
    return { votes, compactedBefore }
  }

  accept(slot: number, ballot: Ballot, value: string): Promise<void> {
    return this.log.accept({ slot, ballot, value: Buffer.from(value) })
  }
}

/** What may be proposed in a slot, as a majority answers: the value of the highest ballot, or else one's own. */
function choose(answers: readonly Answer[], slot: number, own: string): string {
  if (answers.some((answer) => slot < answer.compactedBefore)) throw new Error('behind: install a checkpoint')
  const votes = answers.flatMap((answer) => answer.votes.filter((vote) => vote.slot === slot))
  const [highest] = votes.sort((x, y) => compareBallots(y.ballot, x.ballot))
  return highest ? Buffer.from(highest.value).toString() : own
}

const SLOT = 0
// 'faster', 'lmdb' or 'level' with a directory each would keep the votes for ever.
const acceptor = async (): Promise<Acceptor> => new Acceptor(await openLog({ backend: 'memory' }))
const [a, b, c] = [await acceptor(), await acceptor(), await acceptor()]
/** Both phases, with a majority; `reached` are those whom the second one still reaches. */
async function propose(ballot: Ballot, own: string, majority: Acceptor[], reached: Acceptor[]) {
  const value = choose(await Promise.all(majority.map((one) => one.prepare(ballot))), SLOT, own)
  console.log(`${ballot.round}.${ballot.nodeId}: wanted "${own}", proposes "${value}"`)
  await Promise.all(reached.map((one) => one.accept(SLOT, ballot, value)))
}
await propose({ round: 1, nodeId: 1 }, 'red', [a, b], [b]) // One vote: nothing is chosen.
await propose({ round: 1, nodeId: 2 }, 'blue', [a, c], [a, c]) // Chosen, and nobody else knows.
const third = { round: 2, nodeId: 3 }
await propose(third, 'green', [b, c], [b, c]) // Finds two votes of round 1: the node decides which is higher.
await Promise.all([b, c].map(({ log }) => log.commit({ slot: SLOT, ballot: third })))
await a.accept(1, { round: 1, nodeId: 1 }, 'late').catch((error: Error) => console.log(error.message))
// Acceptor a voted in an older ballot: it learns the decision, which outranks its own vote.
await a.log.learn((await b.log.read(SLOT))!)
for (const [name, { log }] of Object.entries({ a, b, c })) {
  console.log(`acceptor ${name} decided "${Buffer.from((await log.read(SLOT))?.value ?? []).toString()}"`)
  await log.close()
}
