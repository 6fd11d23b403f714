import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { missing, READ_KINDS, readStep } from './reads.js'
import { ORDINARY, type Bed, type Step, type Workload } from './workload.js'

const ENTRIES = 50_000
/** Coprime to the number of entries: a walk with this step visits each slot once, neighbours far apart. */
const STRIDE = 31_337
const MOST_READS = 2_000
const VALUE_BYTES = 1_024
/** Where the device was asked for less than half of what was read, memory answered the rest. */
const LEAST_BYTES = VALUE_BYTES / 2

/** Each slot is read once, from the device: the page cache is emptied after the log was opened. */
export const coldReadWorkloads: readonly Workload[] = READ_KINDS.map((kind) => ({
  ...ORDINARY,
  name: `read-cold-${kind}`,
  title: `read, ${kind}, cold, 1 KiB values scattered over 50 MiB`,
  survives: 'process-crash',
  valueBytes: VALUE_BYTES,
  entries: ENTRIES,
  maxOperations: MOST_READS,
  isReadOnly: true,
  misses(subject) {
    if (!subject.isStored) return 'it stores nothing'
    return missing(subject, kind) ?? (canEmptyPageCache() ? undefined : 'dd cannot empty the page cache here')
  },
  begin: (bed) => coldReads(bed, kind),
}))

async function coldReads(bed: Bed, kind: (typeof READ_KINDS)[number]): Promise<Step> {
  await bed.close()
  emptyPageCache(bed.home)
  await bed.open()
  // Opening may have read everything once.
  emptyPageCache(bed.home)
  let read = 0
  const before = bytesFromDevice()
  return {
    ...readStep(bed, kind, () => (read++ * STRIDE) % ENTRIES),
    chunk: 1,
    end() {
      // Proves that it was cold, or how cold it was.
      const bytes = (bytesFromDevice() - before) / read
      bed.note('deviceBytesPerRead', bytes)
      if (!(bytes >= LEAST_BYTES))
        bed.withdraw(`not cold: ${bytes.toFixed(0)} bytes from the device per read`)
    },
  }
}

/** `dd` of GNU coreutils tells the kernel that a file is not needed any more; no right beyond reading it is asked for. */
function emptyPageCache(directory: string): void {
  for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const file = join(entry.parentPath, entry.name)
    const { status, stderr } = spawnSync('dd', [`if=${file}`, 'iflag=nocache', 'count=0'])
    if (status !== 0) throw new Error(`the page cache still holds ${entry.name}: ${stderr.toString().trim()}`)
  }
}

function canEmptyPageCache(): boolean {
  return spawnSync('dd', ['if=/dev/null', 'iflag=nocache', 'count=0']).status === 0
}

/** Bytes that this process had the device read; pages that are mapped count too. */
function bytesFromDevice(): number {
  const found = /^read_bytes: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))
  return Number(found?.[1])
}
