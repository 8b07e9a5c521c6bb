/** Tests rules that a schema cannot express. Each rule has one example that follows it and one that breaks it. */
import { expect, it } from "vitest";
import { FieldChecks } from "../../../scenarios/loading/field-checks.ts";
import { formatPath } from "../../../scenarios/loading/field-path.ts";
import type { RawScenario } from "../../../scenarios/loading/raw-scenario.ts";
import { completeScenario } from "../../../scenarios/loading/short-forms-and-defaults.ts";

/** The rule, fields that follow it, fields that break it, and the field that the problem names. */
export type Rule = readonly [rule: string, valid: object, invalid: object, field: string];

/** Creates checks for a scenario with three participants and an observer, to which these fields are added. */
export function checksOf(fields: object): FieldChecks {
  const servers = { 1: { history: "1:1..1:5" }, 2: { history: "1:1..1:5" }, 3: {}, 4: { role: "observer" } };
  const raw = { servers, ...fields } as unknown as RawScenario;
  return new FieldChecks(completeScenario(raw, "check"));
}

/**
 * Tests that `check` accepts the valid example of each rule, and that it reports only `field` for the invalid example.
 */
export function testRules(check: (checks: FieldChecks) => void, rules: readonly Rule[]): void {
  const problemFields = (fields: object): string[] => {
    const checks = checksOf(fields);
    check(checks);
    return checks.problems.map(({ path }) => formatPath(path));
  };
  it.each(rules)("%s", (_, valid, invalid, field) => {
    expect(problemFields(valid)).toEqual([]);
    expect(problemFields(invalid)).toEqual([field]);
  });
}
