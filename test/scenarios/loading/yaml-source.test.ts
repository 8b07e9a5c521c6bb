/** The data of a YAML text, and the lines and columns of its fields. */
import { describe, expect, it } from "vitest";
import { YamlSource } from "../../../scenarios/loading/yaml-source.ts";
import { testInvalidFiles } from "../bad/invalid-files.ts";
import { NOT_YAML } from "../bad/table.ts";

const TEXT = `servers: 3
steps:
  - crash: { server: 9 }
  - &again { restart: 1 }
  - *again
settings:
  initLimit: 5
about:
`;

describe("a YAML source", () => {
  const source = new YamlSource(TEXT, "a.yaml");

  it("does not compare each key with all others", () => {
    const keys = Array.from({ length: 40_000 }, (_, i) => `k${i}: 1`);
    expect(Object.keys(new YamlSource(`{${keys.join(",")}}`, "a.yaml").data as object)).toHaveLength(40_000);
  });

  it("does not resolve more than 100 aliases", () => {
    const steps = (count: number) => `[&a {restart: 1}${", *a".repeat(count)}]`;
    expect(new YamlSource(steps(100), "a.yaml").data).toHaveLength(101);
    for (const count of [101, 20_000]) {
      expect(() => new YamlSource(steps(count), "a.yaml")).toThrow("has too many aliases");
    }
  });

  it("has the data of the text; null for an empty text", () => {
    expect(source.data).toMatchObject({
      servers: 3,
      steps: [{ crash: { server: 9 } }, { restart: 1 }, { restart: 1 }],
    });
    expect(new YamlSource("# nothing\n", "a.yaml").data).toBeNull();
  });

  it.each<[string, readonly (string | number)[], number, number]>([
    ["a value", ["servers"], 1, 10],
    ["a value in a list", ["steps", 0, "crash", "server"], 3, 22],
    ["a value on later lines at its name", ["settings"], 6, 1],
    ["an empty value at its name", ["about"], 8, 1],
    ["a field that does not exist at the nearest field around it", ["settings", "syncLimit"], 6, 1],
    ["the value of an alias at its anchor", ["steps", 2, "restart"], 4, 23],
  ])("locates %s", (_, path, line, column) => {
    expect(source.locate(path)).toEqual({ line, column });
  });

  it("locates the name of a field if the name is the problem", () => {
    expect(source.locate(["steps", 0, "crash", "server"], true)).toEqual({ line: 3, column: 14 });
  });
});

describe("a text that is not YAML:", () => {
  testInvalidFiles(NOT_YAML);
});
