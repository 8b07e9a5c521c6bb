import { expect, test } from "vitest";
import { ACCEPT_EVENT, eventKindName, SCRIPT_EVENT, TIMER_EVENT, USER_EVENT } from "../../sim/event-kinds.ts";

test("each kind of the simulator has a name, and a kind of the user has a number", () => {
  expect([SCRIPT_EVENT, TIMER_EVENT, ACCEPT_EVENT, USER_EVENT + 1].map(eventKindName)).toEqual([
    "script",
    "timer",
    "accept",
    "user 65",
  ]);
});
