/**
 * Reads scenario files. The text becomes data (loading/source.ts), `--set` changes it (override.ts), the published schema
 * checks its shape (schema.ts), shorthands and defaults make it complete (complete.ts), and what a schema cannot say is
 * checked last (check.ts). Whatever is wrong comes out as one ScenarioError that names line, field, value and remedy.
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
  /** What `--set path=value` says, one after the other. */
  readonly set?: readonly string[];
}

/** The scenario that the text describes; `file` is its name for messages. Throws a ScenarioError, and nothing else. */
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

/** `1-dir/lost-ack.yaml` is the scenario lost-ack. */
function scenarioName(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  return base.replace(/\.(ya?ml|json)$/i, "");
}

/**
 * The data without the parts whose shape is wrong, so that the others are checked all the same: a step gives way to null,
 * a server to one of which only the role is known, any other field disappears. Undefined where nothing is left to check.
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
  // It may have been in the history that is gone now.
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
