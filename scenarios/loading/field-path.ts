/** The path of a field: the keys and positions that lead from the top of the file to the field. */

export type Path = readonly (string | number)[];

/** A problem of a field. YamlSource finds its line from the path. */
export interface FieldProblem {
  readonly path: Path;
  readonly value: unknown;
  readonly message: string;
  readonly accepted: string;
  /** Whether the problem is in the name of the field, not in its value. */
  readonly aboutKey?: true;
}

/** Returns a path as text, such as `steps[2].crash.server`. The empty path becomes `file`. */
export function formatPath(path: Path): string {
  if (path.length === 0) return "file";
  return path.map(formatSegment).join("").replace(/^\./, "");
}

function formatSegment(segment: string | number): string {
  if (typeof segment === "number") return `[${segment}]`;
  return /^[\w$-]+$/.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
}

/** Parses a path such as `steps[2].crash.server` or `servers.3.history`. Returns undefined for any other text. */
export function parsePath(text: string): Path | undefined {
  if (!/^[\w$-]+(\.[\w$-]+|\[\d{1,9}\])*$/.test(text)) return undefined;
  return [...text.matchAll(/\[(\d+)\]|[\w$-]+/g)].map((match) =>
    match[1] === undefined ? match[0] : Number(match[1]),
  );
}

export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((segment, i) => String(segment) === String(path[i]));
}
