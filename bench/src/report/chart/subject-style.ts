const KNOWN = new Map([
  ['faster', 'faster'],
  ['lmdb', 'lmdb'],
  ['raw-lmdb', 'lmdb raw'],
  ['level', 'level'],
  ['raw-level', 'level raw'],
  ['raw-sqlite', 'sqlite raw'],
  ['memory', 'memory'],
  ['raw-append', 'limit raw'],
  ['machine', 'limit'],
])

/** The classes that give a subject its colour on every chart: a backend and its raw engine share one. */
export function subjectClass(backend: string): string {
  return KNOWN.get(backend) ?? 'other'
}

/** What a subject is called on a chart. */
export function subjectName(backend: string): string {
  if (backend === 'machine') return 'the limit'
  // Custom backends are named by the path of their module.
  return backend.startsWith('raw-')
    ? `${backend.slice('raw-'.length)}, raw`
    : (backend.split('/').at(-1) ?? backend)
}
