import { expect, it } from "vitest";
import { SyncLimitCheck } from "../../../protocol/leader/sync-limit-check.ts";
import { z } from "../../conformance/bare-peer.ts";

it("ignores proposals that are sent before the learner has acknowledged NEWLEADER", () => {
  const check = new SyncLimitCheck();
  check.proposed(z("1:1"), 10);
  expect(check.check(1000, 100)).toBe(true);
});

it("fails when the oldest unacknowledged proposal is too old", () => {
  const check = new SyncLimitCheck();
  check.start();
  check.proposed(z("1:1"), 10);
  check.proposed(z("1:2"), 60);
  expect([check.check(109, 100), check.check(110, 100)]).toEqual([true, false]);
  check.acked(z("1:1"));
  expect([check.check(159, 100), check.check(160, 100)]).toEqual([true, false]);
  check.acked(z("1:2"));
  expect(check.check(1000, 100)).toBe(true);
});

it("tracks only the latest proposal after the oldest one", () => {
  const check = new SyncLimitCheck();
  check.start();
  check.proposed(z("1:1"), 10);
  check.proposed(z("1:2"), 20);
  check.acked(z("1:2"));
  check.acked(z("1:9"));
  check.acked(z("1:1"));
  expect(check.check(1000, 100)).toBe(true);
});
