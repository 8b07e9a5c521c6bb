/** The checks that apply to many fields of a scenario. */
import { describe, expect, it } from "vitest";
import type { FieldChecks } from "../../../scenarios/loading/field-checks.ts";
import { checksOf } from "./valid-and-invalid.ts";

const problemsAfter = (check: (checks: FieldChecks) => void) => {
  const checks = checksOf({});
  check(checks);
  return checks.problems;
};

it("participants are the servers that vote", () => {
  expect(checksOf({}).serverIds).toEqual([1, 2, 3, 4]);
  expect(checksOf({}).participants).toEqual([1, 2, 3]);
});

it("server returns the server, or reports which servers exist", () => {
  expect(checksOf({}).server("4", ["x"])).toMatchObject({ role: "observer" });
  expect(problemsAfter((checks) => checks.server("9", ["x"]))).toEqual([
    { path: ["x"], value: "9", message: "there is no such server", accepted: "1, 2, 3, 4" },
  ]);
});

it("a problem is about the name of a field only if the check says so", () => {
  expect(problemsAfter((checks) => checks.server("9", ["x"], true))).toMatchObject([{ aboutKey: true }]);
});

it("zxid returns the zxid", () => {
  expect(checksOf({}).zxid("1:5", ["x"])).toBe(2 ** 32 + 5);
});

describe("a field has no problem with", () => {
  it.each<[string, (checks: FieldChecks) => void]>([
    ["the largest epoch", (checks) => checks.zxid("2097151:4294967295", ["x"])],
    ["a duration of 24 h", (checks) => checks.duration("24h", ["x"])],
    ["a range up to 24 h", (checks) => checks.durationRange("0ms..24h", ["x"])],
    ["one interval of notifications", (checks) => checks.settings({ maxNotificationIntervalMs: 1 }, ["x"])],
  ])("%s", (_, check) => {
    expect(problemsAfter(check)).toEqual([]);
  });
});

describe("a field reports", () => {
  it.each<[string, (checks: FieldChecks) => void, string]>([
    ["an epoch that is too large", (checks) => checks.zxid("2097152:1", ["x"]), "is not a zxid"],
    ["a duration without a unit", (checks) => checks.duration("5", ["x"]), "is not a duration"],
    ["a duration above 24 h", (checks) => checks.duration("24.1h", ["x"]), "is too long"],
    [
      "a range that starts after its end",
      (checks) => checks.durationRange("2ms..1ms", ["x"]),
      "is not a duration, or its start is greater than its end",
    ],
    ["a range above 24 h", (checks) => checks.durationRange("1ms..25h", ["x"]), "is too long"],
  ])("%s", (_, check, message) => {
    expect(problemsAfter(check)).toMatchObject([{ path: ["x"], message }]);
  });
});
