/** Where a field is in a scenario: the keys and positions that lead to it from the top. */

export type Path = readonly (string | number)[];

/** Something wrong with a field, before it is known where in the file that is. */
export interface Finding {
  readonly path: Path;
  readonly value: unknown;
  readonly message: string;
  readonly accepted: string;
  /** It is about the field's name, not about what stands there. */
  readonly aboutKey?: true;
}

export type Report = (path: Path, value: unknown, message: string, accepted: string) => void;

/** `steps[2].crash.server`; `file` for the whole. */
export function formatPath(path: Path): string {
  if (path.length === 0) return "file";
  return path.map(formatSegment).join("").replace(/^\./, "");
}

function formatSegment(segment: string | number): string {
  if (typeof segment === "number") return `[${segment}]`;
  return /^[\w$-]+$/.test(segment) ? `.${segment}` : `[${JSON.stringify(segment)}]`;
}

/** Reads `steps[2].crash.server` or `servers.3.history`; undefined for anything else. */
export function parsePath(text: string): Path | undefined {
  if (!/^[\w$-]+(\.[\w$-]+|\[\d{1,9}\])*$/.test(text)) return undefined;
  return [...text.matchAll(/\[(\d+)\]|[\w$-]+/g)].map((match) =>
    match[1] === undefined ? match[0] : Number(match[1]),
  );
}

export function startsWith(path: Path, prefix: Path): boolean {
  return prefix.length <= path.length && prefix.every((segment, i) => String(segment) === String(path[i]));
}
