/**
 * Loads scenario files:
 *
 *   text -> data (loading/source.ts) -> with overrides (override.ts) -> shape checked (schema.ts)
 *        -> complete scenario (complete.ts) -> meaning checked (check.ts)
 *
 * All problems of a file travel in one ScenarioError, which names for each one the line, the field, the value and what
 * is accepted.
 */
import scenarioSchema from "../schema/scenario.schema.json" with { type: "json" };
import { checkScenario } from "./loading/check.ts";
import { completeScenario, type RawScenario } from "./loading/complete.ts";
import { applyOverride, parseOverride } from "./loading/override.ts";
import { type Finding, formatPath, startsWith } from "./loading/path.ts";
import { checkSchema, type Schema } from "./loading/schema.ts";
import { Source } from "./loading/source.ts";
import { type Problem, ScenarioError } from "./problem.ts";
import type { Scenario } from "./scenario.ts";

export { applyOverride } from "./loading/override.ts";
export { type Problem, ScenarioError } from "./problem.ts";

export interface LoadOptions {
  /** The arguments of `--set path=value`, applied in order. */
  readonly set?: readonly string[];
}

/**
 * Loads a scenario from a text. `file` is the name for messages. Throws a ScenarioError if the text is no valid
 * scenario.
 */
export function loadScenario(text: string, file: string, options: LoadOptions = {}): Scenario {
  const source = new Source(text, file);
  const overrides = options.set ?? [];
  const data = overrides.reduce(applyOverride, source.data);
  if (data === null) throw new ScenarioError([toProblem(EMPTY, source, overrides)]);

  const misshapen = checkSchema(data, scenarioSchema as Schema);
  const raw = withoutMisshapen(data, misshapen);
  const complete = raw === undefined ? undefined : completeScenario(raw, scenarioName(file));
  const findings = [...misshapen, ...(complete === undefined ? [] : checkScenario(complete))];
  if (complete === undefined || findings.length > 0) {
    throw new ScenarioError(inOrder(findings.map((finding) => toProblem(finding, source, overrides))));
  }
  return complete as Scenario;
}

const EMPTY: Finding = { path: [], value: undefined, message: "is empty", accepted: "a scenario, at least servers: 3" };

/** Returns the name of the scenario in a file: `dir/lost-ack.yaml` has the scenario lost-ack. */
function scenarioName(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  return base.replace(/\.(ya?ml|json)$/i, "");
}

/**
 * Returns the data without the parts of wrong shape, so that the rest can be checked: a wrong step becomes null, a
 * wrong server keeps only its role, any other wrong field is removed. Returns undefined if nothing is left.
 */
function withoutMisshapen(data: unknown, findings: readonly Finding[]): RawScenario | undefined {
  if (findings.some(({ path }) => path.length === 0 || (path.length === 1 && path[0] === "servers"))) return undefined;
  const rest = structuredClone(data) as Record<string, unknown>;
  for (const { path } of findings) {
    const [field, entry] = path as [string, string | number | undefined];
    const inside = rest[field];
    if (entry === undefined || typeof inside !== "object" || inside === null || field === "quorum") {
      delete rest[field];
    } else if (Array.isArray(inside)) {
      inside[Number(entry)] = null;
    } else if (field === "servers" && path.length > 2) {
      withoutDisk(rest, inside as Record<string, unknown>, String(entry));
    } else {
      Reflect.deleteProperty(inside, entry);
    }
  }
  const { servers } = rest;
  return typeof servers === "object" && Object.keys(servers as object).length === 0
    ? undefined
    : (rest as unknown as RawScenario);
}

function withoutDisk(rest: Record<string, unknown>, servers: Record<string, unknown>, id: string): void {
  const role = (servers[id] as { role?: unknown } | null)?.role;
  servers[id] = role === "observer" ? { role } : {};
  // The history that was removed may have held it.
  delete rest.committed;
}

function toProblem(finding: Finding, source: Source, overrides: readonly string[]): Problem {
  const { path, value, message, accepted } = finding;
  const override = overrides.findLast((text) => startsWith(path, parseOverride(text).path));
  const origin = override === undefined ? "" : `, from --set ${override}`;
  return {
    file: source.file,
    ...source.locate(path, finding.aboutKey),
    field: formatPath(path),
    value,
    message: `${message}${origin}`,
    accepted,
  };
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
