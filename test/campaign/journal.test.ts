/** What the journal of a campaign keeps, and what a crash can cost. */
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type BlockLine, Journal } from "../../campaign/journal.ts";
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

/** Begins a journal with one block and one finding, in a folder that does not exist yet. */
function begun(name: string): Journal {
  const journal = new Journal(join(root, name, "out"));
  journal.begin(IDENTITY);
  journal.append(block(0));
  journal.append({ finding: finding(), file: "one.yaml" });
  return journal;
}

describe("a journal", () => {
  it("creates its folder, and exists once it has begun", () => {
    const journal = new Journal(join(root, "new", "deep"));
    expect(existsSync(journal.folder)).toBe(true);
    expect(journal.exists).toBe(false);
    journal.begin(IDENTITY);
    expect(journal.exists).toBe(true);
  });

  it("reads what it has written, in order, one JSON value in each line", () => {
    const { folder } = begun("order");
    const lines = new Journal(folder).read();
    expect(lines).toEqual([{ campaign: IDENTITY }, block(0), { finding: finding(), file: "one.yaml" }]);
    expect(readFileSync(join(folder, FILE), "utf8").split("\n")).toHaveLength(4);
  });

  it("starts again without the lines of an earlier campaign", () => {
    const journal = begun("again");
    journal.begin({ zookeeper: "3.5.8" });
    expect(journal.read()).toEqual([{ campaign: { zookeeper: "3.5.8" } }]);
  });

  it("throws if a whole line is not JSON", () => {
    const journal = begun("broken");
    appendFileSync(join(journal.folder, FILE), "{broken\n");
    expect(() => journal.read()).toThrow(SyntaxError);
  });
});

describe("a line cut short by the end of the process", () => {
  it("is dropped, and the next line does not continue it", () => {
    const journal = begun("cut");
    appendFileSync(join(journal.folder, FILE), JSON.stringify(block(1)).slice(0, 20));
    expect(journal.read()).toHaveLength(3);
    journal.append(block(2));
    expect(journal.read().at(-1)).toEqual(block(2));
    expect(journal.read()).toHaveLength(4);
  });

  it("is dropped even if only its end is missing", () => {
    const journal = begun("end");
    appendFileSync(join(journal.folder, FILE), JSON.stringify(block(1)));
    expect(journal.read()).toHaveLength(3);
  });

  it("may be the first line", () => {
    const journal = begun("first");
    writeFileSync(join(journal.folder, FILE), '{"campaign":');
    expect(journal.read()).toEqual([]);
  });
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
});
