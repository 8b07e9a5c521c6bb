/**
 * Logarithm and exponential with the same result, to the bit, on every JavaScript engine. The language does not fix the
 * last bits of the results of Math.log and Math.exp. A draw that used these functions could therefore differ between
 * two machines.
 *
 * The algorithms are those of fdlibm (e_log.c, e_exp.c), which V8 uses, too: the results are those of Math.log and
 * Math.exp in Node.
 *
 * ====================================================
 * Copyright (C) 1993, 2004 by Sun Microsystems, Inc. All rights reserved.
 *
 * Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is
 * preserved.
 * ====================================================
 */

const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;
/** Below 2^-28, e^x is 1 + x. */
const TINY = 3.725290298461914e-9;
const INVERSE_LN2 = Math.LOG2E;

/** The number of values that the upper 20 bits of a fraction can have. fdlibm compares numbers by these bits. */
const STEPS = 0x10_0000;

/** Returns the natural logarithm of a positive, normal number. */
export function ln(x: number): number {
  if (!(x >= 2.2250738585072014e-308 && x < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`ln(${x}): not a positive number`);
  }
  // x = fraction * 2^exponent, with the fraction between sqrt(2)/2 and sqrt(2).
  let exponent = 0;
  let fraction = x;
  for (; fraction >= 2; fraction /= 2) exponent++;
  for (; fraction < 1; fraction *= 2) exponent--;
  const upper = Math.floor((fraction - 1) * STEPS);
  if (upper >= 0x6_a09c) {
    fraction /= 2;
    exponent++;
  }
  const f = fraction - 1;
  const high = exponent * LN2_HIGH;
  const low = exponent * LN2_LOW;
  if (upper < 1 || upper >= STEPS - 2) {
    if (f === 0) return high + low;
    const rest = f * f * (0.5 - 0.3333333333333333 * f);
    return exponent === 0 ? f - rest : high - (rest - low - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd = z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const rest = odd + even;
  if (upper > 0x6_147a && upper < 0x6_b851) {
    const half = 0.5 * f * f;
    return exponent === 0 ? f - (half - s * (half + rest)) : high - (half - (s * (half + rest) + low) - f);
  }
  return exponent === 0 ? f - s * (f - rest) : high - (s * (f - rest) - low - f);
}

/** Returns e to the power of `x`, for `x` between -700 and 700. */
export function exp(x: number): number {
  if (!(Math.abs(x) <= 700)) throw new RangeError(`exp(${x}): the argument is not between -700 and 700`);
  if (x === 1) return Math.E;
  if (Math.abs(x) < TINY) return 1 + x;
  // x = r + power * ln(2), with r between -ln(2)/2 and ln(2)/2.
  const power = powerOfTwoIn(x);
  const high = x - power * LN2_HIGH;
  const low = power * LN2_LOW;
  const r = power === 0 ? x : high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  if (power === 0) return 1 - ((r * c) / (c - 2) - r);
  return (1 - (low - (r * c) / (2 - c) - high)) * powerOfTwo(power);
}

/** Returns the nearest whole number to x / ln(2), as fdlibm rounds it. */
function powerOfTwoIn(x: number): number {
  const size = Math.abs(x);
  if (size < 0.25 * (1 + 0x6_2e43 / STEPS)) return 0;
  if (size < 1 + 0xa2b2 / STEPS) return Math.sign(x);
  return Math.trunc(INVERSE_LN2 * x + Math.sign(x) * 0.5);
}

/** Returns 2 to the power of a whole number. The result is exact. */
export function powerOfTwo(power: number): number {
  let result = 1;
  for (let i = 0; i < power; i++) result *= 2;
  for (let i = 0; i > power; i--) result /= 2;
  return result;
}
