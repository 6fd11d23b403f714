/**
 * By the id of a case, the broken reference logs that it has to fail over: `npm run mutants` runs each of these pairs. The
 * cases that are proven by a broken toy log stand in `toy/toy-mutants.ts`.
 */
export type Proofs = Readonly<Record<string, readonly string[]>>
