import { expect } from 'chai'
import type { CellResult } from '../src/harness/measures.js'
import { runCells } from '../src/harness/run-cells.js'
import { workloads } from './fixtures/scan-workloads.js'
import { fixture, inDirectory } from './support.js'

const open = (name: string): Promise<CellResult[]> =>
  inDirectory((directory) =>
    runCells({
      cells: workloads
        .filter((workload) => workload.name === name)
        .map((workload) => ({ backend: 'faster', workload })),
      ...{ directory, rounds: 1, timeoutMs: 60_000, limits: { warmUpMs: 1, measureMs: 1 } },
      workloadFiles: [fixture('scan-workloads')],
    }),
  )

describe('opening a log whose entries lie in the open segment', function () {
  this.timeout(60_000)

  for (const end of ['clean', 'killed'])
    it(`is measured by as many opens after either end, the first of them dropped: ${end}`, async () => {
      const [result] = await open(`open-${end}-15k-open-segment`)
      expect(result?.reason).to.equal(undefined)
      expect(result?.rounds[0]?.operations).to.equal(3)
    })

  it('fails where a segment was sealed, whose entries would not be read', async () => {
    const [result] = await open('open-killed-15k-in-pieces-open-segment')
    expect(result?.reason).to.match(/the entries lie in \d segments, not in one/)
  })
})
