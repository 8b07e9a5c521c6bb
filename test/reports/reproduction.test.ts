/** Tests which scenarios count as a reproduction of a bug. */
import { describe, expect, it } from "vitest";
import { isReproduction, runVerdict } from "../../reports/reproduction.ts";
import { loadScenario } from "../../scenarios/load.ts";
import { runScenario } from "../../scenarios/run.ts";

const isBug = (text: string, name = "mine.yaml"): boolean => isReproduction(loadScenario(text, name));

it("is a reproduction if the scenario expects a violation or stuck servers", () => {
  expect(isBug("servers: 3")).toBe(false);
  expect(isBug("servers: 3\nexpect: { violates: [leader-is-complete] }")).toBe(true);
  expect(isBug("servers: 3\nsteps: [{ at: 0ms, settle: [1, 2, 3] }]\nexpect: { stuck: 60s }")).toBe(true);
});

it("is no reproduction if the scenario itself sends the wrong packets", () => {
  const alter = "steps: [{ at: 0ms, alter: { type: DIFF, set: { type: SNAP } } }]";
  expect(isBug(`servers: 3\n${alter}\nexpect: { violates: [no-bad-state] }`)).toBe(false);
});

it("is a reproduction if a scenario with the name of a bug expects a failure", () => {
  const fails = "servers: 3\nexpect: { failures: [{ 1: epoch-older-than-zxid }] }";
  expect(isBug(fails, "open-cannot-start.yaml")).toBe(true);
  expect(isBug(fails, "cannot-start.yaml")).toBe(false);
});

describe("runVerdict", () => {
  const verdictOf = (text: string, name = "mine.yaml") =>
    runVerdict(runScenario(loadScenario(text, name), { seed: 1 }));

  it("is `not reproduced` if the expected failure of a bug does not occur", () => {
    expect(verdictOf("servers: 3\nexpect: { violates: [leader-is-complete] }")).toBe("not reproduced");
    const settled = "servers: 3\nsteps: [{ at: 0ms, settle: [1, 2, 3] }]\nexpect: { stuck: 60s }";
    expect(verdictOf(settled)).toBe("not reproduced");
    const failure = "servers: 3\nexpect: { failures: [{ 1: epoch-older-than-zxid }] }";
    expect(verdictOf(failure, "open-cannot-start.yaml")).toBe("not reproduced");
  });

  it("is `failed` if no bug is expected, or if another expectation than the failure is not met", () => {
    expect(verdictOf("servers: 3\nexpect: { leader: 1 }")).toBe("failed");
    expect(verdictOf("servers: 3\nexpect: { failures: [{ 1: epoch-older-than-zxid }] }")).toBe("failed");
    const stuck = "servers: 3\nsteps: [{ at: 0ms, crash: 2 }, { at: 0ms, crash: 3 }, { at: 1s, settle: [1] }]\n";
    expect(verdictOf(`${stuck}expect: { violates: [leader-is-complete], live: 5s }`)).toBe("failed");
  });

  it("is `ok` or `reproduced` if the run met its expectations", () => {
    expect(verdictOf("servers: 3")).toBe("ok");
    const stuck = "servers: 3\nsteps: [{ at: 0ms, crash: 2 }, { at: 0ms, crash: 3 }, { at: 1s, settle: [1] }]\n";
    expect(verdictOf(`${stuck}expect: { stuck: 5s }`)).toBe("reproduced");
  });
});
