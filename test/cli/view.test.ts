/** Tests `zabsim view` and `zabsim playground`: the files that they write. test/view/page opens such files. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { GalleryEntry, PageData } from "../../view/page/page-data.ts";
import { largestScenario } from "../view/scenarios.ts";
import { isBadInput, zabsim } from "./zabsim.ts";

/** The limit of every page, in bytes. The simulator is included. */
const PAGE_BYTES_MAX = 1_000_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "zabsim-view-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Returns the text that a page has packed into an element. */
function packedIn(file: string, id: string): string {
  const element = new RegExp(`<script id="${id}" type="application/gzip">(.*?)</script>`);
  return gunzipSync(Buffer.from(element.exec(readFileSync(file, "utf8"))?.[1] ?? "", "base64")).toString();
}

function dataIn(file: string): PageData {
  return JSON.parse(packedIn(file, "data")) as PageData;
}

describe("zabsim view", () => {
  it("writes a page with the text of the scenario, and prints its name", () => {
    const file = join(folder, "page.html");
    const ended = zabsim(["view", "follower-ahead-trunc", "--out", file]);
    expect(ended).toMatchObject({ code: 0, stdout: `${file}\n`, stderr: "" });
    expect(dataIn(file)).toMatchObject({
      file: "follower-ahead-trunc.yaml",
      scenario: readFileSync("scenarios/shipped/follower-ahead-trunc.yaml", "utf8"),
      runs: [{ label: "newest, seed 1", seed: "1", set: [] }],
    });
  });

  it("keeps the seed and the overrides of the command line, and adds a second run", () => {
    const file = join(folder, "compared.html");
    const args = ["--zookeeper", "3.9.1", "--seed", "0x10", "--set", "until=9s", "--compare", "3.9.4", "--json"];
    const ended = zabsim(["view", "follower-ahead-trunc", ...args, "--out", file]);
    expect(JSON.parse(ended.stdout)).toEqual({ file });
    expect(dataIn(file).runs).toEqual([
      { label: "3.9.1, seed 16", seed: "16", set: ["until=9s", "zookeeper=3.9.1"] },
      { label: "3.9.4, seed 16", seed: "16", set: ["until=9s", "zookeeper=3.9.4"] },
    ]);
  });

  it("adds a run with another seed", () => {
    const file = join(folder, "seeds.html");
    zabsim(["view", "follower-ahead-trunc", "--compare-seed", "2", "--out", file]);
    expect(dataIn(file).runs.map((run) => run?.seed)).toEqual(["1", "2"]);
  });

  it("keeps a text with markup inside its element", () => {
    const scenario = join(folder, "markup.yaml");
    const file = join(folder, "markup.html");
    writeFileSync(scenario, "about: </script><script>alert(1)</script> $& $1\nservers: 3\n");
    expect(zabsim(["view", scenario, "--out", file]).code).toBe(0);
    expect(dataIn(file).scenario).toContain("</script><script>alert(1)</script> $& $1");
    expect(readFileSync(file, "utf8")).not.toContain("alert(1)");
  });

  it("writes a page of less than 1 MB for the largest scenario, and refuses a larger scenario", () => {
    const scenario = join(folder, "largest.yaml");
    const file = join(folder, "largest.html");
    writeFileSync(scenario, largestScenario());
    expect(zabsim(["view", scenario, "--out", file])).toMatchObject({ code: 0, stderr: "" });
    expect(dataIn(file).scenario).toBe(largestScenario());
    expect(statSync(file).size).toBeLessThan(PAGE_BYTES_MAX);
    writeFileSync(scenario, `${largestScenario()}#`);
    const ended = zabsim(["view", scenario, "--out", file]);
    expect(ended.stderr).toContain("is too large to be a scenario");
    expect(isBadInput(ended)).toBe(true);
  });

  it("refuses a scenario that is not valid, and to overwrite the scenario file", () => {
    const scenario = join(folder, "bad.yaml");
    writeFileSync(scenario, "servers: none\n");
    expect(isBadInput(zabsim(["view", scenario]))).toBe(true);
    writeFileSync(scenario, "servers: 3\n");
    expect(isBadInput(zabsim(["view", scenario, "--out", scenario]))).toBe(true);
    expect(readFileSync(scenario, "utf8")).toBe("servers: 3\n");
  });
});

describe("zabsim playground", () => {
  it("writes a page with every shipped scenario", () => {
    const file = join(folder, "playground.html");
    expect(zabsim(["playground", "--out", file])).toMatchObject({ code: 0, stdout: `${file}\n`, stderr: "" });
    const gallery = JSON.parse(packedIn(file, "gallery")) as GalleryEntry[];
    expect(statSync(file).size).toBeLessThan(PAGE_BYTES_MAX);
    expect(gallery.length).toBeGreaterThan(100);
    for (const { group, name, text } of gallery) {
      expect(group).not.toBe("");
      const path = ["shipped", "bugs"].map((part) => `scenarios/${part}/${name}.yaml`).find(existsSync) as string;
      expect(text).toBe(readFileSync(path, "utf8"));
    }
  });
});
