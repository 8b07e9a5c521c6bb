/** Tests the parsers of option values. */
import { describe, expect, it } from "vitest";
import * as options from "../../cli/options.ts";
import { UsageError } from "../../cli/usage-error.ts";

const time = options.parseTime("--time");
const count = options.parseCount("--runs");

describe("an option value is accepted:", () => {
  it.each<[string, (text: string) => unknown, string, unknown]>([
    ["a decimal seed", options.parseSeed, "18446744073709551615", (1n << 64n) - 1n],
    ["a hexadecimal seed", options.parseSeed, "0xFf", 255n],
    ["a range of seeds", options.parseSeeds, "1..0x10", [1n, 16n]],
    ["a range of one seed", options.parseSeeds, "7..7", [7n, 7n]],
    ["a count", count, "12", 12n],
    ["a shard", options.parseShard, "2/4", [2, 4]],
    ["a list of servers", options.parseServers, "1, 3", [1, 3]],
    ["a time with a unit", time, "200ms", 200_000],
    ["a time in seconds", time, "1.5", 1_500_000],
    ["a list of names", options.parseNames, "crash,pause", ["crash", "pause"]],
    ["a release", options.parseRelease("--zookeeper"), "3.5.8", "3.5.8"],
  ])("%s", (_, parse, text, value) => {
    expect(parse(text)).toEqual(value);
  });
});

describe("an option value is rejected:", () => {
  it.each<[string, (text: string) => unknown, string, string]>([
    ["a seed of 65 bits", options.parseSeed, "18446744073709551616", "not a seed"],
    ["a negative seed", options.parseSeed, "-1", "not a seed"],
    ["an empty seed", options.parseSeed, "", "not a seed"],
    ["a single seed as a range", options.parseSeeds, "5", "not a range of seeds"],
    ["a range of three", options.parseSeeds, "1..2..3", "not a range of seeds"],
    ["a range without an end", options.parseSeeds, "1..", "not a seed"],
    ["a range that starts after its end", options.parseSeeds, "9..2", "the start is greater than the end"],
    ["a count of 0", count, "0", "--runs 0: not a count"],
    ["a fraction as a count", count, "1.5", "not a count"],
    ["shard 0", options.parseShard, "0/4", "not a part I/N"],
    ["a shard above the number of shards", options.parseShard, "5/4", "not a part I/N"],
    ["a server by name", options.parseServers, "1,two", "not a list of server ids"],
    ["a word for a time", time, "soon", "--time soon: not a time"],
    ["an unknown release", options.parseRelease("--zookeeper"), "3.4.6.1", "unknown release"],
  ])("%s", (_, parse, text, message) => {
    expect(() => parse(text)).toThrow(UsageError);
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow("accepted: ");
  });
});

it("--zookeeper is an override after those of --set", () => {
  expect(options.overridesOf({})).toEqual([]);
  expect(options.overridesOf({ set: ["about=x"], zookeeper: "3.5.8" })).toEqual(["about=x", "zookeeper=3.5.8"]);
});

it("a repeatable option collects its values in order", () => {
  expect(options.collect("b", options.collect("a"))).toEqual(["a", "b"]);
});
