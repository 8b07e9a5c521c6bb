import { expect, it } from "vitest";
import { scaledSettings } from "../../reports/scaled-settings.ts";
import { loadScenario } from "../../scenarios/load.ts";

const scaled = (yaml: string): string[] => scaledSettings(loadScenario(yaml, "inline.yaml"));

it("names a setting below the minimum of a real server, with all its values", () => {
  expect(scaled("servers: { 1: { settings: { commitLogCount: 8 } }, 2: {} }\nsettings: { commitLogCount: 3 }")).toEqual(
    ["scaled: commitLogCount is 3 and 8; a real server has at least 500 transactions in committedLog"],
  );
});

it("says nothing of values that a real server can have", () => {
  expect(scaled("servers: 3\nsettings: { commitLogCount: 500, snapCount: 3 }")).toEqual([]);
});
