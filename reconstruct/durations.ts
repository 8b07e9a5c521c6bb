/** Durations of scenarios, in milliseconds. */

/** Returns a duration as scenarios write it, with a resolution of 10 us. A negative one becomes 0. */
export function msText(ms: number): string {
  const us = Math.max(0, Math.round(ms * 100) * 10);
  if (us % 1000 === 0) return `${us / 1000}ms`;
  return us < 1000 ? `${us}us` : `${us / 1000}ms`;
}

/** Returns the milliseconds of a duration that msText() wrote. */
export function msOf(text: string): number {
  return text.endsWith("us") ? Number(text.slice(0, -2)) / 1000 : Number(text.slice(0, -2));
}
