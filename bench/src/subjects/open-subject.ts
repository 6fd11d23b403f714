import { mkdirSync } from 'node:fs'
import { MACHINE, openMachine } from '../machine/machine-subject.js'
import { openAppendPeer } from './append-peer.js'
import { openLevelPeer } from './level-peer.js'
import { openLmdbPeer } from './lmdb-peer.js'
import { openLogSubject } from './log-subject.js'
import { openSqlitePeer } from './sqlite-peer.js'
import type { Subject, SubjectRequest } from './subject.js'

/** The peer that is built on demand. */
export const SQLITE = 'raw-sqlite'

/** What users would otherwise pick, by its own API. */
export const PEERS: ReadonlyMap<string, (request: SubjectRequest) => Subject | Promise<Subject>> = new Map<
  string,
  (request: SubjectRequest) => Subject | Promise<Subject>
>([
  ['raw-lmdb', openLmdbPeer],
  ['raw-level', openLevelPeer],
  [SQLITE, openSqlitePeer],
  ['raw-append', openAppendPeer],
  [MACHINE, openMachine],
])

/** Opens a peer by its own API, anything else through `openLog`. */
export async function openSubject(request: SubjectRequest): Promise<Subject> {
  const openPeer = PEERS.get(request.name)
  if (openPeer === undefined) return openLogSubject(request)
  mkdirSync(request.directory, { recursive: true })
  return openPeer(request)
}
