import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { completionsAt, pathAt, type ScenarioSchema } from "../../../view/playground/complete.ts";

const SCHEMA = JSON.parse(readFileSync("schema/scenario.schema.json", "utf8")) as ScenarioSchema;

describe("the path to the end of a text", () => {
  test.each([
    ["", [], false],
    ["ser", [], false],
    ["servers:\n  1: { ", ["servers", "1"], false],
    ["servers:\n  1: { role: ", ["servers", "1", "role"], true],
    ["servers:\n  1: { role: observer, ", ["servers", "1"], false],
    ["servers:\n  1: { role: observer }\n  2: { ", ["servers", "2"], false],
    ["steps:\n  - { when: { ", ["steps", "-", "when"], false],
    ["steps:\n  - { when: { event: active }, ", ["steps", "-"], false],
    ["steps:\n  - when: active\n    ", ["steps", "-"], false],
    ["steps:\n  - ", ["steps", "-"], false],
    ["expect:\n  violates: [", ["expect", "violates", "-"], true],
    ["network: { latency: 1ms }\nexpect: { ", ["expect"], false],
  ])("%j", (text, path, isValue) => {
    expect(pathAt(text)).toEqual({ path, isValue });
  });
});

describe("completion", () => {
  const texts = (text: string): string[] => completionsAt(SCHEMA, text).map((one) => one.text);

  test("proposes the fields of a scenario, with descriptions", () => {
    expect(texts("")).toEqual(expect.arrayContaining(["about", "servers", "steps", "expect"]));
    expect(completionsAt(SCHEMA, "").find(({ text }) => text === "expect")).toEqual({
      text: "expect",
      kind: "field",
      about: "The expected result of the run.",
    });
  });

  test("proposes triggers and actions of a step, and fields of an action", () => {
    expect(texts("steps:\n  - { ")).toEqual(expect.arrayContaining(["when", "crash", "inFlight"]));
    expect(texts("steps:\n  - { crash: { ")).toEqual(expect.arrayContaining(["server", "unsynced"]));
  });

  test("proposes values", () => {
    expect(texts("servers:\n  1: { role: ")).toEqual(expect.arrayContaining(["participant", "observer"]));
    expect(texts("steps:\n  - { when: ")).toContain("established");
    expect(texts("expect:\n  violates: [")).toContain("trunc-keeps-committed");
    expect(texts("servers:\n  1: { down: ")).toEqual(["true", "false"]);
  });

  test("proposes nothing at an unknown place", () => {
    expect(texts("nothing: { ")).toEqual([]);
  });
});
