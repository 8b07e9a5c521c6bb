/**
 * Parsers of option values, and the options and colors that several commands share. A parser throws a UsageError for a
 * bad value.
 */

import { existsSync, statSync } from "node:fs";
import { Chalk, type ChalkInstance } from "chalk";
import { asServerId, type ServerId } from "../protocol/index.ts";
import { nearestBelow, RELEASES } from "../protocol/releases.ts";
import { didYouMean } from "../scenarios/loading/did-you-mean.ts";
import { printableLine } from "../scenarios/printable.ts";
import { parseDuration } from "../sim/time.ts";
import { hintAboutRelease } from "./release-hints.ts";
import { UsageError } from "./usage-error.ts";

/** The options of every command that reads a scenario. */
export interface ScenarioOptions {
  readonly seed?: bigint;
  readonly zookeeper?: string;
  readonly set?: readonly string[];
}

/** Returns the overrides of scenario fields as `path=value`. The override of --zookeeper comes after those of --set. */
export function overridesOf({ set = [], zookeeper }: ScenarioOptions): readonly string[] {
  const fieldOf = (override: string): string => override.slice(0, override.indexOf("="));
  const repeated = set.find(
    (one, i) => one.includes("=") && set.slice(0, i).some((other) => fieldOf(other) === fieldOf(one)),
  );
  if (repeated !== undefined) throw new UsageError(`--set ${fieldOf(repeated)} is given twice (accepted: once)`);
  if (zookeeper === undefined) return set;
  if (!set.some((one) => fieldOf(one) === "zookeeper")) return [...set, `zookeeper=${zookeeper}`];
  throw new UsageError("--zookeeper cannot be combined with --set zookeeper=…: both choose the release");
}

const MAX_SEED = (1n << 64n) - 1n;

/** Parses a seed, which is an unsigned 64-bit integer in decimal or in hex with 0x. */
export function parseSeed(text: string): bigint {
  if (/^(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.test(text)) {
    const seed = BigInt(text);
    if (seed <= MAX_SEED) return seed;
  }
  throw new UsageError(`--seed ${text}: not a seed (accepted: 0 to ${MAX_SEED}, or 0x and up to 16 hex digits)`);
}

/** Parses a range of seeds such as `1..100`. Both ends are included. */
export function parseSeeds(text: string): readonly [bigint, bigint] {
  const [from, to, more] = text.split("..");
  if (from === undefined || to === undefined || more !== undefined) {
    throw new UsageError(`--seeds ${text}: not a range of seeds (accepted: a range such as 1..1000)`);
  }
  const range = [parseSeed(from), parseSeed(to)] as const;
  if (range[1] < range[0]) {
    throw new UsageError(`--seeds ${text}: the start is greater than the end (accepted: a range such as 1..1000)`);
  }
  return range;
}

/** Returns a parser for a whole number that is at least 1. */
export function parseCount(option: string): (text: string) => bigint {
  return (text) => {
    if (/^[1-9]\d{0,17}$/.test(text)) return BigInt(text);
    throw new UsageError(`${option} ${text}: not a count (accepted: whole numbers, at least 1)`);
  };
}

/** Parses the number of an event of a run, from 0. */
export function parseEvent(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`--event ${text}: not an event (accepted: an id that --format jsonl prints, such as 338)`);
}

/** Parses a shard such as `2/4`, which is the second of four parts of a campaign. */
export function parseShard(text: string): readonly [number, number] {
  const [, shard, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  if (Number(shard) >= 1 && Number(shard) <= Number(of)) return [Number(shard), Number(of)];
  throw new UsageError(`--shard ${text}: not a part I/N (accepted: 1/4, 2/4, 3/4 or 4/4 for four parts)`);
}

export function parseServers(text: string): ServerId[] {
  return text.split(",").map((part) => {
    if (!/^\d{1,3}$/.test(part.trim())) {
      throw new UsageError(`--server ${text}: not a list of server ids (accepted: ids such as 1 or 1,3)`);
    }
    return asServerId(Number(part));
  });
}

/** Returns a parser that converts a duration to microseconds. A number without a unit is a number of seconds. */
export function parseTime(option: string): (text: string) => number {
  return (text) => {
    const us = parseDuration(/^[\d.]+$/.test(text) ? `${text}s` : text);
    if (us === undefined) {
      throw new UsageError(`${option} ${text}: not a time (accepted: a duration such as 200ms or 1.5s, or seconds)`);
    }
    return us;
  };
}

/** Parses a list of names that are separated by commas. */
export function parseNames(text: string): string[] {
  return text.split(",");
}

/** Returns a parser for the name of a release. Prints a hint to stderr if the release has no profile of its own. */
export function parseRelease(option: string): (release: string) => string {
  return (release) => {
    if (RELEASES.includes(release)) {
      hintAboutRelease(release);
      return release;
    }
    const older = nearestBelow(release);
    const nearest = older === undefined ? suggestion(release, RELEASES) : `; the nearest release below it is ${older}`;
    throw new UsageError(`${option} ${release}: unknown release${nearest} (accepted: ${RELEASES.join(", ")})`);
  };
}

/**
 * Returns a parser for the path of a file or folder to write. Refuses control characters, because the path appears in
 * reports, workflow commands and XML files.
 */
export function parseOutput(option: string): (text: string) => string {
  return (path) => {
    if (path !== "" && printableLine(path) === path) return path;
    const wrong = path === "" ? "is empty" : "contains characters that cannot be printed";
    throw new UsageError(`${option} '${path}': ${wrong} (accepted: a path without control characters)`);
  };
}

/** Returns a parser for the path of a folder to write to. The first file creates a folder that does not exist. */
export function parseOutputFolder(option: string): (text: string) => string {
  return (text) => {
    if (text !== "" && (!existsSync(text) || statSync(text).isDirectory())) return parseOutput(option)(text);
    throw new UsageError(`${option} ${text || "''"}: not a folder (accepted: a folder, or a name that does not exist)`);
  };
}

/**
 * Returns a suggestion for a misspelled name, or an empty text. A number gets no suggestion, because a similar number
 * is another release or ticket.
 */
function suggestion(value: string, accepted: readonly string[]): string {
  return /^\d/.test(value) ? "" : didYouMean(value, accepted);
}

/**
 * Returns the value that the user typed. If the value is not an accepted one, throws a UsageError with a suggestion.
 */
export function oneOf<Accepted extends string>(
  option: string,
  value: string,
  accepted: readonly Accepted[],
  what = "unknown",
): Accepted {
  const found = accepted.find((one) => one === value);
  if (found !== undefined) return found;
  const hint = suggestion(value, accepted);
  throw new UsageError(`${option} ${value}: ${what}${hint} (accepted: ${accepted.join(", ")})`);
}

/** Appends a value of an option that the user can repeat. */
export function collect(value: string, values: readonly string[] = []): string[] {
  return [...values, value];
}

/**
 * Returns the colors for a stream. Only a terminal gets colors, unless the environment variable NO_COLOR or FORCE_COLOR
 * decides otherwise.
 */
export function paintFor(stream: { readonly isTTY?: boolean }): ChalkInstance {
  const { FORCE_COLOR, NO_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return new Chalk({ level: 0 });
  if (FORCE_COLOR !== undefined) return new Chalk({ level: FORCE_COLOR === "0" || FORCE_COLOR === "false" ? 0 : 1 });
  return new Chalk({ level: stream.isTTY === true ? 1 : 0 });
}
