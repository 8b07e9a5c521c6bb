/**
 * Checks docs/scenarios.md: every example loads, the full scenarios meet their expectations, the page shows the output
 * of `run`, and the page names every action, field, event and setting.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { goldenText } from "../../cli/run.ts";
import { PROTOCOL_EVENTS } from "../../cluster/records.ts";
import { ACTIONS } from "../../scenarios/about-actions.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { OWN_NAMES } from "../../scenarios/loading/setting-names.ts";
import { runScenario } from "../../scenarios/run.ts";

const root = new URL("../../", import.meta.url);
const page = readFileSync(fileURLToPath(new URL("docs/scenarios.md", root)), "utf8");
const schema = JSON.parse(readFileSync(fileURLToPath(new URL("schema/scenario.schema.json", root)), "utf8"));
const settings = schema.definitions.settings.properties as object;

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

it("the page shows what `run` prints for the first scenario", () => {
  const [first] = blocks.filter(({ fragment }) => !fragment);
  const output = goldenText(runScenario(loadScenario(first?.text ?? "", "late-follower.yaml"), { seed: 1 }));
  const shown = /```text\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  expect(withoutMeasures(shown).trim()).toBe(withoutMeasures(output).trim());
});

/** Replaces the digest, the times and the number of events, because every change of the model can change them. */
function withoutMeasures(text: string): string {
  return text.replace(/digest \w+/g, "digest").replace(/\d[\d.]* (ms|s|events)\b/g, "N $1");
}

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

  it("field of the schema", () => {
    const fields = new Set(fieldsOf(schema));
    for (const setting of Object.keys(settings)) fields.delete(setting);
    expect(words([...fields].filter((name) => name !== "$schema"))).toEqual([]);
  });

  it("setting, with its default and its meaning", () => {
    const ofCore = Object.entries(settings).filter(([name]) => !(name in OWN_NAMES));
    const rows = ofCore.map(([name, field]) => {
      const { default: byDefault, description } = field as { default: unknown; description: string };
      const own = Object.keys(OWN_NAMES).filter((one) => OWN_NAMES[one]?.setting === name);
      const names = own
        .map((one) => `\`${one}\` `)
        .join(", ")
        .replaceAll(" ,", ",");
      return `| \`${name}\` | ${names}| ${String(byDefault)} | ${description} |`;
    });
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });
});

/** Returns the names of all fields that a schema and its parts define. */
function fieldsOf(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  const { properties = {} } = part as { properties?: object };
  return [...Object.keys(properties), ...Object.values(part).flatMap(fieldsOf)];
}
