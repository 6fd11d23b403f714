import { digits } from './format.js'

/** What the fields of the environment are called where people read them; others keep their names. */
const NAMES: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  memoryBytes: 'memory',
  fileSystem: 'file system',
  loadAverage: 'load average at the end',
  arguments: 'arguments',
  warning: 'WARNING',
  kernelKNs: 'K: CRC-32 of 100 bytes + copy of 136',
  memoryCopyBytesPerSecond: 'memory bandwidth (copy)',
  fdatasyncP50Us: 'pwrite + fdatasync, p50',
  fdatasyncP99Us: 'pwrite + fdatasync, p99',
}

const GIB = 2 ** 30

const UNITS: Readonly<Record<string, (value: number) => string>> = {
  memoryBytes: (value) => `${digits(value / GIB)} GiB`,
  kernelKNs: (value) => `${digits(value)} ns`,
  memoryCopyBytesPerSecond: (value) => `${digits(value / GIB)} GiB/s`,
  fdatasyncP50Us: (value) => `${digits(value)} us`,
  fdatasyncP99Us: (value) => `${digits(value)} us`,
}

/** The environment as names and values for people. */
export function environmentRows(
  environment: Readonly<Record<string, string | number>>,
): (readonly [name: string, value: string])[] {
  return Object.entries(environment).map(([name, value]) => {
    const shown = typeof value === 'number' ? (UNITS[name] ?? digits)(value) : value
    return [NAMES[name] ?? name, shown]
  })
}
