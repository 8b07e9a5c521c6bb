/**
 * Applies `--set path=value`: sets one field of a scenario before the checks. The value is YAML. If the path names a
 * field inside a short form, the short form is expanded first.
 */
import { ScenarioError } from "../scenario-error.ts";
import { formatPath, type Path, parsePath } from "./field-path.ts";
import { coreName } from "./setting-names.ts";
import { serversOf } from "./short-forms-and-defaults.ts";
import { YamlSource } from "./yaml-source.ts";

const ACCEPTED = "path=value such as steps[2].crash.server=3 or network.latency=1ms..5ms";

/** Returns a copy of the data with the field set. Throws a ScenarioError if the path cannot exist. */
export function applyOverride(data: unknown, override: string): unknown {
  return assignOverride(data, parseOverride(override));
}

/** Like applyOverride, but takes a parsed override. */
export function assignOverride(data: unknown, { path, text, value }: Override): unknown {
  return assign(data, path, 0, value, text);
}

export interface Override {
  readonly text: string;
  readonly path: Path;
  readonly value: unknown;
}

export function parseOverride(override: string): Override {
  const equals = override.indexOf("=");
  if (equals < 0) fail("file", override, "has no =", ACCEPTED);
  const path = parsePath(override.slice(0, equals).trim());
  if (path === undefined) fail("file", override, "does not start with the path of a field", ACCEPTED);
  return { text: override, path: withSettingAsOne(path), value: parseValue(path, override.slice(equals + 1)) };
}

/** Joins the segments after `settings` to one name, because ZooKeeper's names of settings can contain dots. */
function withSettingAsOne(path: Path): Path {
  const start = path.indexOf("settings") + 1;
  const names = path.slice(start);
  if (start === 0 || names.length < 2 || names.some((name) => typeof name === "number")) return path;
  return [...path.slice(0, start), names.join(".")];
}

function parseValue(path: Path, text: string): unknown {
  try {
    return new YamlSource(text, "--set").data;
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(error.problems.map((problem) => ({ ...problem, field: formatPath(path), value: text })));
  }
}

function assign(target: unknown, path: Path, depth: number, value: unknown, override: string): unknown {
  if (depth === path.length) return value;
  const segment = path[depth] as string | number;
  const at = path.slice(0, depth);
  const inside = target === undefined || target === null ? (segment === 0 ? [] : {}) : writeOut(target, at, segment);
  if (Array.isArray(inside) && typeof segment === "number" && segment <= inside.length) {
    return inside.toSpliced(segment, 1, assign(inside[segment], path, depth + 1, value, override));
  }
  if (Array.isArray(inside)) {
    const places = inside.length === 0 ? "[0]" : `[0] to [${inside.length}]`;
    return fail(
      formatPath(at),
      override,
      `is a list of ${inside.length} ${inside.length === 1 ? "entry" : "entries"} and has no entry ${String(segment)}`,
      places,
    );
  }
  if (typeof inside !== "object" || typeof segment === "number") {
    return fail(formatPath(at), override, `has no fields, so ${formatPath(path)} does not exist`, ACCEPTED);
  }
  if (at.at(-1) === "settings") return { ...withoutSetting(inside as object, segment), [segment]: value };
  const before = (inside as Record<string, unknown>)[segment];
  const own = Object.hasOwn(inside as object, segment) ? before : undefined;
  // A computed key makes `__proto__` an ordinary field.
  return { ...inside, [segment]: assign(own, path, depth + 1, value, override) };
}

/** Returns the settings without this setting. Removes the setting under each of its names. */
function withoutSetting(settings: object, name: string): object {
  return Object.fromEntries(Object.entries(settings).filter(([other]) => coreName(other) !== coreName(name)));
}

/** Expands a short form, so that a path can name a field inside it. */
function writeOut(value: unknown, at: Path, segment: string | number): unknown {
  if (typeof value === "object" || typeof segment === "number") return value;
  const name = at[at.length - 1];
  if (name === "servers" && typeof value === "number" && value >= 1 && value <= 99) return serversOf(value);
  if (name === "write" && typeof value === "number") return { count: value };
  if (name === "crash") return { server: value };
  if (name === "when") return { event: value };
  return value;
}

function fail(field: string, value: string, message: string, accepted: string): never {
  throw new ScenarioError([{ file: "--set", line: 1, column: 1, field, value, message, accepted }]);
}
