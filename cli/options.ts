/**
 * Options that several commands share, and how their values are read.
 */

import { Chalk, type ChalkInstance } from "chalk";
import { ALIKE, asServerId, type ServerId } from "../protocol/index.ts";
import { RELEASES } from "../protocol/releases.ts";
import { parseDuration } from "../sim/time.ts";
import { UsageError } from "./usage-error.ts";

const MAX_SEED = (1n << 64n) - 1n;

/** `--seed`: unsigned 64 bits, decimal or 0x hex. */
export function parseSeed(text: string): bigint {
  if (/^(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(text)) {
    const seed = BigInt(text);
    if (seed <= MAX_SEED) return seed;
  }
  throw new UsageError(`--seed ${text}: not a seed (accepted: 0 to ${MAX_SEED}, or 0x and up to 16 hex digits)`);
}

/** `--seeds A..B`, both included. */
export function parseSeeds(text: string): readonly [bigint, bigint] {
  const [from, to, more] = text.split("..");
  if (from === undefined || to === undefined || more !== undefined) {
    throw new UsageError(`--seeds ${text}: not a range of seeds (accepted: 1..1000)`);
  }
  const range = [parseSeed(from), parseSeed(to)] as const;
  if (range[1] < range[0]) throw new UsageError(`--seeds ${text}: runs backwards (accepted: 1..1000)`);
  return range;
}

/** A count: a whole number from 1 on. */
export function parseCount(option: string): (text: string) => bigint {
  return (text) => {
    if (/^[1-9]\d{0,17}$/.test(text)) return BigInt(text);
    throw new UsageError(`${option} ${text}: not a count (accepted: whole numbers from 1 on)`);
  };
}

/** `--shard I/N`: the I-th of N parts. */
export function parseShard(text: string): readonly [number, number] {
  const [, shard, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (Number(shard) >= 1 && Number(shard) <= Number(of)) return [Number(shard), Number(of)];
  throw new UsageError(`--shard ${text}: not a part (accepted: 1/4, 2/4, 3/4, 4/4)`);
}

export function parseServers(text: string): ServerId[] {
  return text.split(",").map((part) => {
    if (!/^\d{1,3}$/.test(part.trim())) throw new UsageError(`--server ${text}: not server ids (accepted: 1 or 1,3)`);
    return asServerId(Number(part));
  });
}

/** A moment of the run: a duration since its start. */
export function parseMoment(option: string): (text: string) => number {
  return (text) => {
    const us = parseDuration(/^[\d.]+$/.test(text) ? `${text}s` : text);
    if (us === undefined)
      throw new UsageError(`${option} ${text}: not a time (accepted: 200ms, 1.5s, or seconds as 0.25)`);
    return us;
  };
}

export function checkRelease(release: string): void {
  if (RELEASES.includes(release as never)) return;
  const alike = ALIKE[release] === undefined ? "" : `; here it is the same as ${ALIKE[release]}`;
  throw new UsageError(`--zookeeper ${release}: unknown release${alike} (accepted: ${RELEASES.join(", ")})`);
}

/** Collects a repeatable option. */
export function collect(value: string, values: readonly string[]): string[] {
  return [...values, value];
}

/** Color for a stream: only on a terminal, unless NO_COLOR or FORCE_COLOR says otherwise. */
export function paintFor(stream: { readonly isTTY?: boolean }): ChalkInstance {
  const { FORCE_COLOR, NO_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return new Chalk({ level: 0 });
  if (FORCE_COLOR !== undefined) return new Chalk({ level: FORCE_COLOR === "0" || FORCE_COLOR === "false" ? 0 : 1 });
  return new Chalk({ level: stream.isTTY === true ? 1 : 0 });
}
