/** Tests the keys of the terminal debugger and the lines that it shows. */
import { describe, expect, it } from "vitest";
import { loadScenario } from "../../../scenarios/load.ts";
import { runScenario } from "../../../scenarios/run.ts";
import { Recording } from "../../../view/session/recording.ts";
import { Session } from "../../../view/session/session.ts";
import { Debugger } from "../../../view/terminal/debugger.ts";
import { eventLines, headerLine, type Line, panelLines, serverLines } from "../../../view/terminal/lines.ts";
import { shipped } from "../scenarios.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";
const recording = new Recording(shipped(BUG), { seed: 1n }).finish();

function start(saved: string[] = []): Debugger {
  const save = (file: string, text: string): string => {
    saved.push(file, text);
    return `saved ${file}`;
  };
  return new Debugger(new Session(recording), { file: "default.yaml", save });
}

function press(debug: Debugger, ...keys: string[]): void {
  for (const key of keys) debug.press(key);
}

function type(debug: Debugger, key: string, text: string): void {
  press(debug, key, ...text, "return");
}

const textOf = (lines: readonly Line[]): string => lines.map(({ text }) => text).join("\n");
const panelText = (debug: Debugger): string => textOf(panelLines(debug, 200).lines);

describe("while the run is being recorded", () => {
  it("moves in the recorded part, and says what is not recorded yet", () => {
    const part = new Recording(shipped(BUG), { seed: 1n });
    part.advance(100);
    const debug = new Debugger(new Session(part, 0, undefined, true), { file: "x.yaml", save: () => "" });
    expect(headerLine(debug)).toContain("event 0/100 so far, recording …");
    press(debug, "end", "n");
    expect([debug.session.at, debug.message]).toEqual([100, "the next event is not recorded yet"]);
    press(debug, "v");
    expect(debug.message).toBe("no such event after this one so far; the run is still being recorded");
    type(debug, "g", "200");
    expect(debug.message).toBe("event 200 is not recorded yet");
    press(debug, "s");
    expect([debug.prompt, debug.message]).toEqual([
      undefined,
      "the run is still being recorded; try again when it is complete",
    ]);
    part.finish();
    press(debug, "v");
    expect(debug.session.at).toBeGreaterThan(100);
    press(debug, "s");
    expect(debug.prompt?.label).toBe("save to");
  });
});

describe("moves", () => {
  it("a step back shows the digest and the states of the first visit", () => {
    const debug = start();
    type(debug, "g", "120");
    press(debug, "2");
    const before = [headerLine(debug), panelText(debug), serverLines(debug)];
    press(debug, "n", "n", "n", "b", "b", "b");
    expect([headerLine(debug), panelText(debug), serverLines(debug)]).toEqual(before);
    expect(before[0]).toContain(`event 120/${recording.length}`);
  });

  it("run to a kind of event at a server, and back to a message", () => {
    const debug = start();
    type(debug, "g", "truncated 2");
    expect(panelText(debug)).toContain("2 truncates its log to 1:3");
    type(debug, "G", "TRUNC 1");
    expect(panelText(debug)).toContain("1 sends TRUNC 1:3 to 2");
    type(debug, "g", "0.32");
    expect(recording.event(debug.session.at).timeUs).toBeLessThanOrEqual(320_000);
  });

  it("v and V go to violations, d and D to decisions, and the last key says if there is none", () => {
    const debug = start();
    press(debug, "v");
    expect(panelText(debug)).toContain("violates trunc-keeps-committed: server 2 truncates 1:4");
    press(debug, "D");
    expect(panelText(debug)).toContain("1 synchronizes 2");
    press(debug, "end", "v");
    expect(debug.message).toBe("no such event after this one");
    press(debug, "n");
    expect(debug.message).toBe("this is the end of the run");
  });

  it("c goes to the cause, and e to the first effect", () => {
    const debug = start();
    type(debug, "g", "100");
    press(debug, "c");
    expect(debug.session.at).toBe(recording.event(100).cause);
    press(debug, "e");
    expect(debug.session.at).toBe(recording.effectsOf(recording.event(100).cause)[0]);
  });

  it("refuses a target that does not exist, and Escape ends the prompt", () => {
    const debug = start();
    type(debug, "g", "nonsense");
    expect(debug.message).toMatch(/^nonsense: not a target \(accepted: 120 \(event\)/);
    press(debug, "g", "5", "backspace", "7", "escape");
    expect([debug.prompt, debug.session.at]).toEqual([undefined, 0]);
  });
});

describe("panels", () => {
  it("a server shows its rows, and emphasizes those that the event changed", () => {
    const debug = start();
    type(debug, "g", "truncated 2");
    press(debug, "2");
    const { lines, title } = panelLines(debug, 200);
    expect(title).toBe("server 2");
    expect(lines.filter(({ emphasis }) => emphasis === "changed").length).toBeGreaterThan(0);
    expect(textOf(lines)).toMatch(/^last processed +1:3/m);
    press(debug, "9");
    expect(debug.message).toBe("there is no server 9");
  });

  it("messages in flight and decisions so far, at the current event", () => {
    const debug = start();
    type(debug, "g", "TRUNC 1");
    press(debug, "m");
    expect(panelText(debug)).toMatch(/1 {2}1 → 2 {2}TRUNC 1:3 +sent in event/);
    press(debug, "l");
    expect(panelLines(debug, 200).lines).toHaveLength(2);
    press(debug, "home");
    expect(panelText(debug)).toBe("none");
  });

  it("Tab shows each panel, and long lines are wrapped", () => {
    const debug = start();
    const titles = ["", "", "", ""].map(() => {
      press(debug, "tab");
      return panelLines(debug, 80).title;
    });
    expect(titles).toEqual(["server 1", "messages in flight", "sync decisions so far", "what happened in this event"]);
    for (const panel of ["event", "server"] as const) {
      debug.panel = panel;
      expect(panelLines(debug, 60).lines.filter(({ text }) => text.length > 60)).toEqual([]);
    }
  });

  it("the list of events marks the current one and violations", () => {
    const debug = start();
    press(debug, "v");
    const lines = eventLines(debug, 9);
    expect(lines).toHaveLength(9);
    expect(lines.filter(({ text }) => text.startsWith("▸"))).toEqual([expect.objectContaining({ emphasis: "bad" })]);
  });
});

describe("what if", () => {
  it("a branch starts at the event, can be saved, and its file reproduces the digest", () => {
    const saved: string[] = [];
    const debug = start(saved);
    type(debug, "g", "TRUNC 1");
    const { at } = debug.session;
    type(debug, "w", "drop 1");
    expect(debug.message).toMatch(/^the branch differs from event \d+ on/);
    expect(debug.session.at).toBe(at);
    expect(debug.branches).toEqual([`drop 1 after event ${at}`]);
    press(debug, "s", "return");
    const [file, text = ""] = saved;
    expect([file, debug.message]).toEqual(["default.yaml", "saved default.yaml"]);
    const scenario = loadScenario(text, "saved.yaml");
    const { recording: branch } = debug.session;
    expect(runScenario(scenario, { seed: BigInt(scenario.seed ?? 1) }).digest).toBe(branch.digestAt(branch.length));
    press(debug, "u");
    expect([debug.session.recording, debug.branches]).toEqual([recording, []]);
    press(debug, "u");
    expect(debug.message).toBe("this is the original run");
  });

  it("is refused at the start, and for a server that does not exist", () => {
    const debug = start();
    press(debug, "w");
    expect(debug.prompt).toBeUndefined();
    type(debug, "g", "50");
    type(debug, "w", "crash 7");
    expect(debug.message).toMatch(/^crash 7: not a change \(accepted: crash 3/);
    expect(debug.branches).toEqual([]);
  });
});
