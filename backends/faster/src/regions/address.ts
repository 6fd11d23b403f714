/**
 * Where the newest version of a slot is, as one number, because an object per slot would cost ten times the memory.
 * Records start at multiples of 8, in the tail and in the mutable region: the lowest bits are free for what the slot is.
 *
 *     bit 0  decided
 *     bit 1  in the mutable region, not in the tail (the rest is a position there)
 *
 * 0 is no address: the tail begins with a header.
 */
export type Address = number

/** The slot holds nothing. */
export const NOWHERE: Address = 0

const DECIDED = 1
const IN_REGION = 2
const FLAGS = 7

/** The address of a record in the tail. */
export function tailAddress(position: number, decided: boolean): Address {
  return decided ? position + DECIDED : position
}

/** The address of a record in the mutable region. */
export function regionAddress(position: number, decided: boolean): Address {
  return position + (decided ? IN_REGION + DECIDED : IN_REGION)
}

/** True when the slot is decided. */
export function isDecided(address: Address): boolean {
  return (address & DECIDED) !== 0
}

/** True when the entry lies in the mutable region. */
export function isInRegion(address: Address): boolean {
  return (address & IN_REGION) !== 0
}

/** The position in the tail, or in the region. */
export function placeOf(address: Address): number {
  return address - (address & FLAGS)
}
