/** Tests what a user of the terminal debugger can type. */
import { describe, expect, it } from "vitest";
import { asServerId } from "../../../protocol/index.ts";
import { parseTarget, parseWhatIf } from "../../../view/terminal/targets.ts";

describe("parseTarget", () => {
  it.each([
    ["120", { event: 120 }],
    ["0.32", { timeUs: 320_000 }],
    [" 320ms ", { timeUs: 320_000 }],
    ["truncated", { query: { record: "truncated" } }],
    ["truncated 2", { query: { record: "truncated", server: 2 } }],
    ["newleader 1", { query: { message: "NEWLEADER", server: 1 } }],
    ["NOTIFICATION", { query: { message: "NOTIFICATION" } }],
    ["violation", { query: { what: "violation" } }],
    ["decision 3", { query: { what: "decision", server: 3 } }],
    ["server 2", { query: { server: 2 } }],
  ])("%j", (text, target) => expect(parseTarget(text)).toEqual(target));

  it.each(["", "truncate", "server", "server x", "truncated 2 3", "120 2", "-1", "0.32 2"])("refuses %j", (text) =>
    expect(parseTarget(text)).toBeUndefined(),
  );
});

describe("parseWhatIf", () => {
  const servers = [1, 2, 3].map(asServerId);
  const parse = (text: string) => parseWhatIf(text, servers, 2);

  it.each([
    ["crash 3", { action: { crash: { server: 3, unsynced: "lost", connectionsReset: true } } }],
    ["start 1", { action: { start: 1 } }],
    ["isolate 2", { action: { isolate: 2 } }],
    ["cut 1 2", { action: { cutOneWay: { from: [1], to: [2] } } }],
    ["heal", { action: { heal: "all" } }],
    ["drop 2", { message: 1, change: { drop: true } }],
    ["deliver 1", { message: 0, change: { deliver: true } }],
    ["delay 1 20ms", { message: 0, change: { delay: "20ms" } }],
  ])("%j", (text, change) => expect(parse(text)).toEqual({ ...change, label: text }));

  it.each([
    "",
    "crash",
    "crash 4",
    "crash 1 2",
    "cut 1",
    "cut 1 1",
    "drop 3",
    "drop 0",
    "drop 1 2",
    "delay 1",
    "delay 1 0ms",
    "explode 1",
    "cut 1 2 3",
  ])("refuses %j", (text) => expect(parse(text)).toBeUndefined());
});
