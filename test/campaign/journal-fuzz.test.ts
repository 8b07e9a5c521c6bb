/**
 * Damages journals at random, and checks that a campaign either resumes from such a journal or refuses it with the
 * number of a line. CI uses more journals than `npm test`.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { CampaignRunner, type CampaignSettings } from "../../campaign/campaign.ts";
import { CampaignMismatchError } from "../../campaign/campaign-identity.ts";
import { Journal } from "../../campaign/journal.ts";
import { JournalError } from "../../campaign/journal-lines.ts";
import { reachedIn } from "../../campaign/reached.ts";
import { RandomStreams } from "../../sim/index.ts";
import { inputs } from "../inputs.ts";
import { fakeWorkers } from "./fake-workers.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const INPUTS = inputs(200, 20_000);
const root = temporaryFolder();
const SETTINGS: CampaignSettings = {
  version: "1",
  options: { zookeeper: "newest", strategy: undefined, faults: undefined, scenario: undefined },
  firstSeed: 600n,
  lastSeed: 1000n,
  timeMs: undefined,
  workers: 2,
  shard: [1, 1],
  shrinkRuns: 10,
};
const SILENT = { found() {}, nondeterministic() {} };
const runnerIn = (folder: string): CampaignRunner =>
  new CampaignRunner(SETTINGS, new Journal(folder), SILENT, () => fakeWorkers({ seed: 1 }));

const STRANGE = ["[]", "null", "{}", '"x"', "-1", "1e999", "{", '{"finding":null}', '{"block":0}', "\u0000", "\ufffd"];
const VALUES = [...STRANGE, "0", "63", '"64"'];
const draw = new RandomStreams(13n).stream("journals");
const below = (count: number): number => draw.u32() % Math.max(1, count);
const pick = <T>(items: readonly T[]): T => items[below(items.length)] as T;

/** Returns the text with `length` characters from position `at` replaced by `part`. */
const splice = (text: string, at: number, length: number, part: string): string =>
  text.slice(0, at) + part + text.slice(at + length);
const inLines = (text: string, change: (lines: string[]) => void): string => {
  const lines = text.split("\n");
  change(lines);
  return lines.join("\n");
};

const DAMAGES: readonly ((text: string) => string)[] = [
  (text) => text.slice(0, below(text.length)),
  (text) => splice(text, below(text.length), 1, String.fromCharCode(below(256))),
  (text) => splice(text, below(text.length), below(80), ""),
  (text) => splice(text, below(text.length), 0, pick(STRANGE)),
  (text) => inLines(text, (lines) => void lines.splice(below(lines.length), 1)),
  (text) => inLines(text, (lines) => void lines.splice(below(lines.length), 0, pick(lines))),
  (text) => inLines(text, (lines) => void lines.splice(below(lines.length), 0, pick(STRANGE))),
  (text) => inLines(text, ([first, ...lines]) => [first, ...lines.sort(() => below(3) - 1)]),
  (text) => text + text,
  // Changes a value in a line. The line is still JSON.
  (text) => {
    const values = [...text.matchAll(/(?<=[:[,])("[^"]*"|\d+|\[[^[\]]*\]|\{[^{}]*\})/g)];
    const value = pick(values);
    return value === undefined ? text : splice(text, value.index, value[0].length, pick(VALUES));
  },
];

it(`of ${INPUTS} damaged journals, each is resumed or refused with a line`, async () => {
  const whole = join(root, "whole");
  const runner = runnerIn(whole);
  runner.begin();
  await runner.run();
  const text = readFileSync(new Journal(whole).path, "utf8");
  expect(text.split("\n").length).toBeGreaterThan(15);
  const outcomes = { resumed: 0, refused: 0 };
  const folder = join(root, "damaged");
  mkdirSync(folder);
  for (let i = 0; i < INPUTS; i++) {
    let damaged = text;
    for (let count = 1 + below(3); count > 0; count--) damaged = pick(DAMAGES)(damaged);
    writeFileSync(join(folder, "campaign.jsonl"), damaged);
    const resumed = runnerIn(folder);
    try {
      reachedIn(new Journal(folder));
      resumed.resume();
      outcomes.resumed++;
      expect(resumed.totals.runs).toBeLessThanOrEqual(401);
      if (i % 10 !== 0) continue;
      await resumed.run();
      expect(resumed.totals.runs, damaged).toBe(401);
    } catch (error) {
      if (!(error instanceof JournalError || error instanceof CampaignMismatchError)) throw error;
      if (error instanceof JournalError) expect(error.message).toMatch(/campaign\.jsonl:\d+: /);
      outcomes.refused++;
    }
  }
  expect(Math.min(outcomes.resumed, outcomes.refused)).toBeGreaterThan(INPUTS / 10);
}, 1_800_000);
