import type { ClassicLevel } from 'classic-level'

/** LevelDB with keys and values as bytes. */
export type Database = ClassicLevel<Uint8Array, Uint8Array>
