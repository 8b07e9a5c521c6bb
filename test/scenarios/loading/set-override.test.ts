/** How `--set path=value` changes the data of a scenario file. */
import { describe, expect, it } from "vitest";
import { applyOverride, parseOverride } from "../../../scenarios/loading/set-override.ts";
import { problemsOf } from "../bad/invalid-files.ts";

describe("applyOverride", () => {
  it.each<[unknown, string, unknown]>([
    [{}, "about=x", { about: "x" }],
    [{}, "network.latency=1ms..5ms", { network: { latency: "1ms..5ms" } }],
    [{}, "settings={initLimit: 3}", { settings: { initLimit: 3 } }],
    [{ steps: [{ crash: 1 }] }, "steps[0].crash=2", { steps: [{ crash: 2 }] }],
    [{ steps: [{ crash: 1 }] }, "steps[1].wipe=2", { steps: [{ crash: 1 }, { wipe: 2 }] }],
    [{ servers: 2 }, "servers.2.down=true", { servers: { 1: {}, 2: { down: true } } }],
    [{ servers: 1 }, "servers.7.role=observer", { servers: { 1: {}, 7: { role: "observer" } } }],
    [{ steps: [{ write: 3 }] }, "steps[0].write.at=1", { steps: [{ write: { count: 3, at: 1 } }] }],
    [
      { steps: [{ crash: 3 }] },
      "steps[0].crash.unsynced=torn",
      { steps: [{ crash: { server: 3, unsynced: "torn" } }] },
    ],
    [
      { steps: [{ when: "established" }] },
      "steps[0].when.server=1",
      { steps: [{ when: { event: "established", server: 1 } }] },
    ],
    [null, "expect.violates[0]=agreement", { expect: { violates: ["agreement"] } }],
  ])("%j with %s", (data, override, changed) => {
    expect(applyOverride(data, override)).toEqual(changed);
  });

  it("does not change its argument", () => {
    const data = { servers: { 1: {} } };
    expect(applyOverride(data, "servers.1.down=true")).toEqual({ servers: { 1: { down: true } } });
    expect(data).toEqual({ servers: { 1: {} } });
  });
});

describe("an option without effect is reported:", () => {
  const TEXT = "servers: 3\nabout: x\nsteps: [{crash: 1}, {crash: 2}]";

  it.each<[string, string, string, string, string]>([
    ["no value", "settings", "file", "has no =", "path=value"],
    ["no path", "=3", "file", "does not start with the path of a field", "path=value"],
    ["a position that is not a number", "steps[x]=3", "file", "does not start with the path of a field", "path=value"],
    ["an entry that is not there", "steps[9].crash=3", "steps", "list of 2 entries and has no entry 9", "[0] to [2]"],
    ["a name into a list", "steps.first.crash=3", "steps", "", "[0] to [2]"],
    ["a field of a text", "about.x=3", "about", "has no fields, so about.x does not exist", "path=value"],
    ["a value that is not YAML", "servers={1: ", "servers", "missing", ""],
    ["a value that is too deep", `servers=${"[".repeat(500)}${"]".repeat(500)}`, "servers", "nested", "levels"],
  ])("%s", (_, set, field, message, accepted) => {
    const [problem, ...more] = problemsOf(TEXT, { set: [set] });
    expect(more).toEqual([]);
    expect(problem).toMatchObject({ file: "--set", line: 1, field });
    expect(problem?.message).toContain(message);
    expect(problem?.accepted).toContain(accepted);
  });
});

it("parseOverride reads the value as YAML, and keeps every = after the first", () => {
  expect(parseOverride("settings={initLimit: 3}").value).toEqual({ initLimit: 3 });
  expect(parseOverride("about=a=b").value).toBe("a=b");
});
