/**
 * The scenarios that count as a reproduction of a bug.
 */
import { expect, it } from "vitest";
import { isReproduction } from "../../reports/reproduction.ts";
import { loadScenario } from "../../scenarios/load.ts";

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
