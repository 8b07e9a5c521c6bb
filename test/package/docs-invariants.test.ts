/**
 * Checks that docs/invariants.md has a section for every invariant, with its statement, its alias, and an example that
 * a run confirms.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { readScenario, scenarioPath } from "../../cli/scenario-files.ts";
import { INVARIANT_ALIASES, INVARIANT_IDS, INVARIANTS } from "../../invariants/index.ts";
import { runScenario } from "../../scenarios/run.ts";

const page = readFileSync(fileURLToPath(new URL("../../docs/invariants.md", import.meta.url)), "utf8");
const sections = new Map(
  page
    .split("\n## ")
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf("\n")), text] as const),
);

it("has one section for each invariant, in the order of the table", () => {
  expect([...sections.keys()]).toEqual(INVARIANT_IDS);
});

describe.each(INVARIANT_IDS)("%s", (id) => {
  const lines = sections.get(id) ?? "";
  const section = lines.replace(/\s+/g, " ");

  it("has its statement and its alias", () => {
    expect(section).toContain(INVARIANTS[id].statement);
    for (const [alias, name] of INVARIANT_ALIASES) if (name === id) expect(section).toContain(`\`${alias}\``);
  });

  it("has an example that a run confirms", () => {
    const name = /Example: \[([\w-]+)\]/.exec(section)?.[1];
    if (name === undefined) {
      expect(section).toContain("- Example (`test/invariants/invariants.test.ts`): ");
      return;
    }
    const { scenario } = readScenario(scenarioPath(name), []);
    const { violations } = runScenario(scenario, { seed: BigInt(scenario.seed ?? 1) });
    const reported = violations.map((one) => `violated ${one.id} at server ${one.server}: ${one.text}`);
    expect(reported).toContain(/^ {2}(violated .*)$/m.exec(lines)?.[1]);
  });
});
