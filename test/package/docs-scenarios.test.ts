/**
 * docs/scenarios.md: every example loads, the full scenarios meet their expectations, and no action, field or event is missing.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { PROTOCOL_EVENTS } from "../../cluster/records.ts";
import { ACTIONS } from "../../scenarios/about-actions.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(fileURLToPath(new URL("docs/scenarios.md", root)), "utf8");
const schema = JSON.parse(readFileSync(fileURLToPath(new URL("schema/scenario.schema.json", root)), "utf8"));

const blocks = [...page.matchAll(/```yaml( fragment)?\n([\s\S]*?)```/g)].map(([, fragment, text], index) => ({
  name: `block ${index + 1}`,
  fragment: fragment !== undefined,
  text: text as string,
}));

describe.each(blocks.filter(({ fragment }) => !fragment))("the scenario of $name", ({ name, text }) => {
  it("meets its expectations", () => {
    const { ok, unmet } = runScenario(loadScenario(text, `${name}.yaml`), { seed: 1 });
    expect(unmet).toEqual([]);
    expect(ok).toBe(true);
  });
});

it.each(blocks.filter(({ fragment }) => fragment))("the fragment of $name loads", ({ name, text }) => {
  const whole = stringify({ servers: 3, ...(parse(text) as object) });
  expect(() => loadScenario(whole, `${name}.yaml`)).not.toThrow();
});

describe("the page names every", () => {
  const words = (names: readonly string[]): string[] => names.filter((name) => !new RegExp(`\\b${name}\\b`).test(page));

  it("action", () => {
    expect(words(ACTIONS.map(({ name }) => name))).toEqual([]);
  });

  it("protocol event", () => {
    expect(words(PROTOCOL_EVENTS)).toEqual([]);
  });

  it.each(["", "server", "moment", "expectation"])("field of the schema definition %s", (definition) => {
    const { properties } = definition === "" ? schema : schema.definitions[definition];
    expect(words(Object.keys(properties).filter((name) => name !== "$schema"))).toEqual([]);
  });
});
