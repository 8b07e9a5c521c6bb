/**
 * Loads scenario files. The modules of loading/ do the work, in this order:
 *
 *   yaml-source.ts               parses the text and remembers where each field is
 *   set-override.ts              applies the `--set` options
 *   check-schema.ts              checks the shape against the published schema
 *   short-forms-and-defaults.ts  expands short forms and fills in defaults
 *   check-scenario.ts            checks what a schema cannot express
 *
 * One ScenarioError reports the problems of a file together. For each problem it names the line, the field, the value
 * and what is accepted.
 */
import scenarioSchema from "../schema/scenario.schema.json" with { type: "json" };
import { checkScenario } from "./loading/check-scenario.ts";
import { checkSchema, type Schema } from "./loading/check-schema.ts";
import { type FieldProblem, formatPath, startsWith } from "./loading/field-path.ts";
import type { RawScenario } from "./loading/raw-scenario.ts";
import { assignOverride, type Override, parseOverride } from "./loading/set-override.ts";
import { repeatedSettings } from "./loading/setting-names.ts";
import { completeScenario } from "./loading/short-forms-and-defaults.ts";
import { YamlSource } from "./loading/yaml-source.ts";
import { printableLine } from "./printable.ts";
import type { Scenario } from "./scenario.ts";
import { type Problem, ScenarioError } from "./scenario-error.ts";

export { applyOverride } from "./loading/set-override.ts";
export { type Problem, ScenarioError } from "./scenario-error.ts";

/** The options of loadScenario(). */
export interface LoadOptions {
  /** The arguments of `--set path=value`, applied in order. */
  readonly set?: readonly string[];
}

/**
 * Loads a scenario from a text. `file` is the file name to use in messages. Throws a ScenarioError if the text is not a
 * valid scenario.
 */
export function loadScenario(text: string, file: string, options: LoadOptions = {}): Scenario {
  const source = new YamlSource(text, file);
  const overrides = (options.set ?? []).map(parseOverride);
  const data = overrides.reduce(assignOverride, source.data);
  if (data === null) throw new ScenarioError([toProblem(EMPTY, source, overrides)]);

  const shapeProblems = checkSchema(data, scenarioSchema as Schema);
  const raw = withoutInvalidParts(data, shapeProblems);
  const complete = raw === undefined ? undefined : completeScenario(raw, scenarioName(file));
  const problems = [
    ...shapeProblems,
    ...(raw === undefined ? [] : repeatedSettingsIn(raw)),
    ...(complete === undefined ? [] : checkScenario(complete)),
  ];
  if (complete === undefined || problems.length > 0) {
    const located = problems.slice(0, LOCATED_MAX).map((problem) => toProblem(problem, source, overrides));
    throw new ScenarioError(inOrder(located), problems.length);
  }
  return complete as Scenario;
}

/** Maximum number of problems for which the line is looked up. The error lists those with the lowest line numbers. */
const LOCATED_MAX = 500;

const EMPTY: FieldProblem = {
  path: [],
  value: undefined,
  message: "is empty",
  accepted: "a scenario, at least servers: 3",
};

/** Returns the name of the scenario in a file: `dir/lost-ack.yaml` has the scenario lost-ack. */
function scenarioName(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
  return printableLine(base.replace(/\.(ya?ml|json)$/i, ""));
}

/**
 * Returns the data without the parts that do not match the schema, so that the rest can be checked. A step that does
 * not match becomes null, a server that does not match keeps only its role, and every other field that does not match
 * is removed. Returns undefined if nothing is left.
 */
function withoutInvalidParts(data: unknown, problems: readonly FieldProblem[]): RawScenario | undefined {
  if (problems.some(({ path }) => path.length === 0 || (path.length === 1 && path[0] === "servers"))) return undefined;
  const rest = structuredClone(data) as Record<string, unknown>;
  for (const { path } of problems) {
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

function repeatedSettingsIn({ servers, settings = {}, steps = [] }: RawScenario): FieldProblem[] {
  const ofServers = Object.entries(typeof servers === "number" ? {} : servers).flatMap(([id, server]) =>
    repeatedSettings(server?.settings ?? {}, ["servers", id, "settings"]),
  );
  const ofSteps = steps.flatMap((step, i) =>
    (["start", "restart"] as const).flatMap((verb) => {
      const start = step?.[verb];
      const changed = typeof start === "object" ? (start.settings ?? {}) : {};
      return repeatedSettings(changed, ["steps", i, verb, "settings"]);
    }),
  );
  return [...repeatedSettings(settings, ["settings"]), ...ofServers, ...ofSteps];
}

function withoutDisk(rest: Record<string, unknown>, servers: Record<string, unknown>, id: string): void {
  const role = (servers[id] as { role?: unknown } | null)?.role;
  servers[id] = role === "observer" ? { role } : {};
  // The removed history may have contained the committed zxid.
  delete rest.committed;
}

function toProblem(problem: FieldProblem, source: YamlSource, overrides: readonly Override[]): Problem {
  const { path, value, message, accepted } = problem;
  const override = overrides.findLast((one) => startsWith(path, one.path));
  const origin = override === undefined ? "" : `, set by --set ${override.text}`;
  return {
    file: source.file,
    ...source.locate(path, problem.aboutKey),
    field: formatPath(path),
    value,
    message: `${message}${origin}`,
    accepted,
  };
}

function inOrder(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
}
