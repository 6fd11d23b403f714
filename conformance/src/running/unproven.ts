/**
 * Thrown by a case that ran and proved nothing: no fault hit, no process died in time. Such a case has not passed, and
 * the log has not failed.
 */
export class Unproven extends Error {
  override readonly name = 'Unproven'
}
