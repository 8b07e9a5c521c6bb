/** How `--set path=value` changes the data of a scenario file. load.test.ts tests loading as a whole. */
import { describe, expect, it } from "vitest";
import { applyOverride, parseOverride } from "../../../scenarios/loading/set-override.ts";

describe("applyOverride", () => {
  it.each<[unknown, string, unknown]>([
    [{}, "about=x", { about: "x" }],
    [{ steps: [{ crash: 1 }] }, "steps[0].crash=2", { steps: [{ crash: 2 }] }],
    [{ steps: [{ crash: 1 }] }, "steps[1].wipe=2", { steps: [{ crash: 1 }, { wipe: 2 }] }],
    [{ servers: 2 }, "servers.2.down=true", { servers: { 1: {}, 2: { down: true } } }],
    [{ steps: [{ write: 3 }] }, "steps[0].write.at=1", { steps: [{ write: { count: 3, at: 1 } }] }],
    [
      { steps: [{ crash: 3 }] },
      "steps[0].crash.unsynced=torn",
      { steps: [{ crash: { server: 3, unsynced: "torn" } }] },
    ],
    [null, "expect.violates[0]=agreement", { expect: { violates: ["agreement"] } }],
  ])("%j with %s", (data, override, changed) => {
    expect(applyOverride(data, override)).toEqual(changed);
  });

  it.each([
    [{ steps: [] }, "steps[1].crash=1", "steps: is a list of 0 entries and has no entry 1"],
    [{ about: "x" }, "about.y=1", "about: has no fields, so about.y does not exist"],
    [{}, "about", "file: has no ="],
    [{}, "=1", "file: does not start with the path of a field"],
  ])("%j with %s fails", (data, override, message) => {
    expect(() => applyOverride(data, override)).toThrow(message);
  });
});

it("parseOverride reads the value as YAML, and keeps every = after the first", () => {
  expect(parseOverride("settings={initLimit: 3}").value).toEqual({ initLimit: 3 });
  expect(parseOverride("about=a=b").value).toBe("a=b");
});
