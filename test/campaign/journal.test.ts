/** Tests the content of a campaign's journal, what a crash can remove from it, and which damage can be repaired. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BlockLine, Journal } from "../../campaign/journal.ts";
import { JournalError } from "../../campaign/journal-lines.ts";
import { finding } from "./failed-plan.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const root = temporaryFolder();
const FILE = "campaign.jsonl";
const IDENTITY = { zookeeper: "newest", firstSeed: "1" };
const block = (index: number): BlockLine => ({
  block: index,
  runs: 64,
  events: 1000,
  virtualUs: 5_000_000,
  fresh: ["rule in-sync"],
  faults: { crash: [2, 1] },
  failed: { "agreement (leader)": 1 },
});

/** Starts a journal with one block and one finding, in a folder that does not exist yet. */
function begun(name: string): Journal {
  const journal = new Journal(join(root, name, "out"));
  journal.begin(IDENTITY);
  journal.append(block(0));
  journal.append({ finding: finding(), file: "one.yaml" });
  return journal;
}

const linesOf = (journal: Journal): unknown[] => journal.read().lines.map(({ line }) => line);
const textOf = (journal: Journal): string => readFileSync(journal.path, "utf8");

describe("a journal", () => {
  it("creates its folder when it begins, and exists from then on", () => {
    const journal = new Journal(join(root, "new", "deep"));
    expect([journal.exists, existsSync(journal.folder)]).toEqual([false, false]);
    journal.begin(IDENTITY);
    expect(journal.exists).toBe(true);
  });

  it("reads what it has written, in order, one JSON value in each line", () => {
    const { folder } = begun("order");
    const lines = linesOf(new Journal(folder));
    expect(lines).toEqual([{ campaign: IDENTITY }, block(0), { finding: finding(), file: "one.yaml" }]);
    expect(readFileSync(join(folder, FILE), "utf8").split("\n")).toHaveLength(4);
  });

  it("starts again without the lines of an earlier campaign", () => {
    const journal = begun("again");
    journal.begin({ zookeeper: "3.5.8" });
    expect(linesOf(journal)).toEqual([{ campaign: { zookeeper: "3.5.8" } }]);
  });
});

describe("damage that costs only time is repaired", () => {
  it.each<[string, (text: string) => string, number[]]>([
    ["half a line at the end", (text) => text + JSON.stringify(block(1)).slice(0, 20), [4]],
    ["a last line without its end", (text) => text + JSON.stringify(block(1)), [4]],
    ["half a line in the middle", (text) => text.replace(/^.*"block".*$/m, (line) => line.slice(0, 40)), [2]],
    ["half a line that another one continues", (text) => text.replace(/"virtualUs".*\n/, ""), [2]],
    ["an empty line", (text) => text.replace("\n", "\n\n"), [2]],
    ["duplicated lines", (text) => text + text, [4, 5, 6]],
  ])("%s", (name, damage, dropped) => {
    const journal = begun(name.replaceAll(" ", "-"));
    writeFileSync(journal.path, damage(textOf(journal)));
    const damaged = textOf(journal);
    expect(journal.read().dropped).toEqual(dropped);
    expect(textOf(journal), "reading changes nothing").toBe(damaged);
    const whole = linesOf(journal);
    journal.repair();
    expect(journal.read()).toMatchObject({ dropped: [] });
    journal.append(block(2));
    expect(linesOf(journal)).toEqual([...whole, block(2)]);
  });
});

describe("a line that no campaign writes is refused with its number", () => {
  it.each([
    ["[]"],
    ["null"],
    ["7"],
    ["{}"],
    ['{"finding":null}'],
    ['{"finding":{}}'],
    ['{"finding":{},"file":"x"}'],
    [JSON.stringify({ finding: { ...finding(), seed: "-1" }, file: "x" })],
    [JSON.stringify({ ...block(1), block: 1.5 })],
    [JSON.stringify({ ...block(1), runs: 1e300 })],
    [JSON.stringify({ ...block(1), fresh: {} })],
    [JSON.stringify({ ...block(1), faults: { crash: [1] } })],
    [JSON.stringify({ ...block(1), failed: { x: null } })],
    [JSON.stringify({ ...block(1), nondeterministic: "100" })],
    ['{"investigated":0}'],
    ['{"nondeterministic":{"seed":"1"}}'],
    ['{"campaign":{"zookeeper":"3.5.8"}}'],
  ])("%s", (line) => {
    const journal = begun("refused");
    appendFileSync(journal.path, `${line}\n`);
    expect(() => journal.read()).toThrow(JournalError);
    expect(() => journal.read()).toThrow(`${journal.path}:4: `);
  });

  it.each(["", '{"campaign":', "not JSON\n", `${JSON.stringify(block(0))}\n`, '{"campaign":{"zookeeper":7}}\n'])(
    "a journal that starts with %j",
    (text) => {
      const journal = begun("start");
      writeFileSync(journal.path, text);
      expect(() => journal.read()).toThrow(JournalError);
      expect(() => journal.read()).toThrow(`${journal.path}:1: `);
    },
  );
});

describe("a saved file", () => {
  it("lies next to the journal, and no temporary file is left", () => {
    const journal = begun("save");
    const path = journal.save("two.yaml", "servers: 2\n");
    expect(path).toBe(join(journal.folder, "two.yaml"));
    expect(readFileSync(path, "utf8")).toMatch(/^# yaml-language-server: \$schema=.*\nservers: 2\n$/);
    expect(readdirSync(journal.folder).toSorted()).toEqual([FILE, "two.yaml"]);
  });

  it("replaces an earlier file of the same name", () => {
    const journal = begun("replace");
    journal.save("two.yaml", "servers: 22222\n");
    expect(readFileSync(journal.save("two.yaml", "servers: 3\n"), "utf8")).toMatch(/^# .*\nservers: 3\n$/);
  });

  it("is never outside the folder", () => {
    const journal = begun("outside");
    expect(journal.restore("../../evil.yaml", "x\n")).toBe(join(journal.folder, "evil.yaml"));
  });
});
