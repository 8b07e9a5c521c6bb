/** Deadline: a timeout that is extended often and rarely expires. */
import { beforeEach, expect, it } from "vitest";
import { Deadline } from "../../protocol/deadline.ts";
import { TIMER_ROLE } from "../../protocol/effects.ts";
import { RecordingEffects } from "./recording-effects.ts";

let host: RecordingEffects;
let deadline: Deadline;

beforeEach(() => {
  host = new RecordingEffects();
  deadline = new Deadline(host.effects, TIMER_ROLE);
});

it("sets the timer for the remaining time, and expires when it fires", () => {
  deadline.set(100, 600);
  expect(host.take()).toEqual([`setTimer ${TIMER_ROLE} 500`]);
  expect(deadline.fired(600)).toBe(true);
  expect(host.take()).toEqual([]);
});

it("does not set the timer again when it is extended, and waits for the rest when the timer fires early", () => {
  deadline.set(0, 500);
  host.take();
  deadline.set(100, 700);
  deadline.set(200, 900);
  expect(host.take()).toEqual([]);
  expect(deadline.fired(500)).toBe(false);
  expect(host.take()).toEqual([`setTimer ${TIMER_ROLE} 400`]);
  expect(deadline.fired(900)).toBe(true);
});

it("sets the timer again when it must fire sooner", () => {
  deadline.set(0, 500);
  deadline.set(100, 300);
  expect(host.take()).toEqual([`setTimer ${TIMER_ROLE} 500`, `setTimer ${TIMER_ROLE} 200`]);
  expect(deadline.fired(300)).toBe(true);
});

it("does not expire after it is cleared, and can be set again", () => {
  deadline.set(0, 500);
  deadline.clear();
  expect(deadline.fired(500)).toBe(false);
  host.take();
  deadline.set(600, 800);
  expect(host.take()).toEqual([`setTimer ${TIMER_ROLE} 200`]);
  expect(deadline.fired(800)).toBe(true);
});

it("keeps the timer that is pending when it is cleared and set again to a later time", () => {
  deadline.set(0, 500);
  deadline.clear();
  host.take();
  deadline.set(100, 800);
  expect(host.take()).toEqual([]);
  expect(deadline.fired(500)).toBe(false);
  expect(deadline.fired(800)).toBe(true);
});

it("expires only once", () => {
  deadline.set(0, 500);
  expect([deadline.fired(500), deadline.fired(501)]).toEqual([true, false]);
});
