/** The text of the znodes zookeeper_stats and zookeeper_limits: the count and bytes of a subtree (StatsTrack). */
import { splitAsJava } from "./quota-paths.ts";
import { TreeException } from "./tree-exception.ts";

const COUNT = "count";
const BYTES = "bytes";
const UNKNOWN = -1n;

/** The values of a text, by their names. */
export type QuotaStats = ReadonlyMap<string, bigint>;

/** Returns the text of a new znode zookeeper_stats. */
export function newStatsText(count: number, bytes: number): string {
  return `${COUNT}=${count},${BYTES}=${bytes}`;
}

/** Returns the text after a change of count and bytes. Throws a TreeException if a text cannot be read. */
export function changedStatsText(text: string, count: number, bytes: number, knowsHardQuotas: boolean): string {
  const stats = knowsHardQuotas ? readStats(text) : readPlainStats(text);
  const newCount = (stats.get(COUNT) ?? UNKNOWN) + BigInt(count);
  const newBytes = BigInt.asIntN(64, (stats.get(BYTES) ?? UNKNOWN) + BigInt(bytes));
  const others = [...stats.keys()].filter((name) => name !== COUNT && name !== BYTES).sort(byUnits);
  const rest = others.map((name) => `;${name}=${stats.get(name)}`).join("");
  const shown = BigInt.asIntN(knowsHardQuotas ? 64 : 32, newCount);
  return `${COUNT}=${shown},${BYTES}=${newBytes}${rest === "" ? "" : `=${rest}`}`;
}

/** Up to 3.6: `count=1,bytes=2`. The names do not matter. */
export function readPlainStats(text: string): QuotaStats {
  const parts = splitAsJava(text, ",");
  if (parts.length !== 2) throw new TreeException("IllegalArgumentException", `invalid string ${text}`);
  const [count, bytes] = parts as [string, string];
  return new Map([
    [COUNT, numberOf(valueIn(count), 32)],
    [BYTES, numberOf(valueIn(bytes), 64)],
  ]);
}

/** From 3.7 on: pairs after "," or ";". */
function readStats(text: string): QuotaStats {
  const stats = new Map<string, bigint>();
  if (text === "") return stats;
  for (const pair of splitAsJava(text, /[,;]+/)) {
    const value = valueIn(pair);
    stats.set(splitAsJava(pair, "=")[0] ?? "", value === "" ? UNKNOWN : numberOf(value, 64));
  }
  return stats;
}

function valueIn(pair: string): string {
  const parts = splitAsJava(pair, "=");
  if (parts.length < 2) {
    throw new TreeException("ArrayIndexOutOfBoundsException", `"${pair}" is not a name, "=" and a number`);
  }
  return parts[1] as string;
}

/** Integer#parseInt, Long#parseLong. */
function numberOf(text: string, bits: number): bigint {
  const value = /^[+-]?\d+$/.test(text) ? BigInt(text.replace(/^\+/, "")) : undefined;
  if (value === undefined || BigInt.asIntN(bits, value) !== value) {
    throw new TreeException("NumberFormatException", `"${text}" is not a number of ${bits} bits`);
  }
  return value;
}

function byUnits(a: string, b: string): number {
  return a < b ? -1 : 1;
}
