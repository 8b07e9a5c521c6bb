/**
 * A rolling 64-bit digest of everything that happened in a run, as two 32-bit lanes.
 *
 * It identifies a run and shows the first difference between two runs; it is not cryptographic. If two states differ,
 * mixing the same input into both gives different states. If two inputs differ, mixing them into the same state gives
 * different states. 0 and -0 count as the same number, and so do all NaNs.
 */

const LANE_A_START = 0x243f6a88 | 0;
const LANE_B_START = 0x85a308d3 | 0;
const TWO_TO_MINUS_32 = 1 / 0x1_0000_0000;

/** A rolling 64-bit digest of a run. It is not cryptographic. */
export class Digest {
  /** One half of the state, a signed 32-bit integer. */
  laneA = LANE_A_START;
  /** The other half of the state, a signed 32-bit integer. */
  laneB = LANE_B_START;
  private readonly float = new Float64Array(1);
  private readonly words = new Int32Array(this.float.buffer);

  /** Resets this digest to the state of a new one. */
  reset(): void {
    this.laneA = LANE_A_START;
    this.laneB = LANE_B_START;
  }

  /** Mixes in two 32-bit integers. This takes no longer than mixing in one. */
  mixInts(low: number, high: number): void {
    const a = Math.imul(this.laneA ^ low, 0x85ebca6b);
    const mixedA = (((a << 15) | (a >>> 17)) + this.laneB) | 0;
    const b = this.laneB ^ high;
    this.laneB = Math.imul(((b << 13) | (b >>> 19)) ^ mixedA, 0xc2b2ae35);
    this.laneA = mixedA;
  }

  /** Mixes in any number: a 32-bit integer, a larger integer or a fraction. */
  mix(value: number): void {
    const low = value | 0;
    if (low === value) {
      this.mixInts(low, low >> 31);
      return;
    }
    const high = Math.floor(value * TWO_TO_MINUS_32);
    if (high * 0x1_0000_0000 + (low >>> 0) === value && high === (high | 0)) {
      this.mixInts(low, high);
      return;
    }
    this.float[0] = Number.isNaN(value) ? Number.NaN : value;
    // The constant 0x46 distinguishes a fraction from an integer with the same two 32-bit halves.
    this.mixInts(0x46, 0x46);
    this.mixInts(this.words[0] as number, this.words[1] as number);
  }

  /** Mixes in a text: its UTF-16 code units and its length. */
  mixString(text: string): void {
    const length = text.length;
    let index = 0;
    for (; index + 1 < length; index += 2) this.mixInts(text.charCodeAt(index), text.charCodeAt(index + 1));
    this.mixInts(index < length ? text.charCodeAt(index) : -1, length);
  }

  /** Returns the digest so far as 16 hexadecimal digits. More input may follow. */
  hex(): string {
    const a = avalanche(this.laneA ^ Math.imul(this.laneB, 0x9e3779b1));
    const b = avalanche(this.laneB ^ Math.imul(a, 0x85ebca77));
    return hex8(a) + hex8(b);
  }
}

function avalanche(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x7feb352d);
  mixed ^= mixed >>> 15;
  mixed = Math.imul(mixed, 0x846ca68b);
  return mixed ^ (mixed >>> 16);
}

function hex8(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
