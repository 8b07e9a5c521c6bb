/**
 * The fields and values that can stand at a place of a scenario file, from the schema. The place is found from the
 * indentation of the lines and from the open braces of the last line.
 */
interface SchemaNode {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly title?: string;
  readonly enum?: readonly (string | number | boolean)[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly additionalProperties?: SchemaNode | boolean;
  readonly patternProperties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly definitions?: Readonly<Record<string, SchemaNode>>;
}

/** The schema of scenarios, as far as completion reads it. */
export type ScenarioSchema = SchemaNode;

/** One proposal. */
export interface Completion {
  readonly text: string;
  readonly kind: "field" | "value";
  readonly about: string;
}

/** Returns what can stand at the end of `text`, which is the file up to the cursor. */
export function completionsAt(schema: ScenarioSchema, text: string): readonly Completion[] {
  const { isValue, path } = pathAt(text);
  const nodes = path.reduce<readonly SchemaNode[]>(
    (parents, key) => parents.flatMap((node) => childrenOf(schema, node, key)),
    [schema],
  );
  return isValue ? nodes.flatMap((node) => valuesOf(schema, node)) : nodes.flatMap((node) => fieldsOf(schema, node));
}

function resolve(schema: SchemaNode, node: SchemaNode): readonly SchemaNode[] {
  const name = node.$ref?.split("/").at(-1);
  const own = name === undefined ? node : (schema.definitions?.[name] ?? {});
  return [own, ...(own.anyOf ?? []).flatMap((one) => resolve(schema, one))];
}

/** Returns the schemas of a field, or of the items of a list for the key `-`. */
function childrenOf(schema: SchemaNode, parent: SchemaNode, key: string): readonly SchemaNode[] {
  return resolve(schema, parent).flatMap((node) => {
    if (key === "-") return node.items === undefined ? [] : [node.items];
    const named = node.properties?.[key];
    if (named !== undefined) return [named];
    const others = [...Object.values(node.patternProperties ?? {}), node.additionalProperties];
    return others.filter((one): one is SchemaNode => typeof one === "object");
  });
}

function fieldsOf(schema: SchemaNode, node: SchemaNode): readonly Completion[] {
  return resolve(schema, node).flatMap(({ properties = {} }) =>
    Object.entries(properties).map(([text, field]) => ({
      text,
      kind: "field" as const,
      about: aboutOf(schema, field),
    })),
  );
}

function valuesOf(schema: SchemaNode, node: SchemaNode): readonly Completion[] {
  return resolve(schema, node).flatMap(({ enum: values = [], type }) =>
    [...values, ...(type === "boolean" ? [true, false] : [])].map((value) => ({
      text: String(value),
      kind: "value" as const,
      about: "",
    })),
  );
}

function aboutOf(schema: SchemaNode, field: SchemaNode): string {
  return field.description ?? resolve(schema, field)[0]?.description ?? "";
}

interface Place {
  readonly path: readonly string[];
  /** Whether a value stands here, and not a field. */
  readonly isValue: boolean;
}

/** Returns the path of fields to the end of a text. A list adds the key `-`. */
export function pathAt(text: string): Place {
  const lines = text.split("\n");
  const last = lines.at(-1) ?? "";
  const outer = blockPath(lines);
  return flowPath(last, outer);
}

/** Returns the fields of the lines above that are indented less. */
function blockPath(lines: readonly string[]): readonly string[] {
  const path: string[] = [];
  let indent = indentOf(lines.at(-1) ?? "");
  for (let i = lines.length - 2; i >= 0 && indent > 0; i--) {
    const line = lines[i] as string;
    if (line.trim() === "" || line.trimStart().startsWith("#") || indentOf(line) >= indent) continue;
    const [, dash, key] = /^\s*(- )?([\w.-]+):/.exec(line) ?? [];
    if (key === undefined) continue;
    // The fields of an item of a list stand below the first one, after the dash.
    const isSibling = dash !== undefined && indentOf(line) + dash.length >= indent;
    path.unshift(...(dash === undefined ? [] : ["-"]), ...(isSibling ? [] : [key]));
    indent = indentOf(line);
  }
  return path;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Follows the open braces and brackets of a line. */
function flowPath(line: string, outer: readonly string[]): Place {
  const path = [...outer];
  const open: number[] = [];
  let key: string | undefined;
  for (const [token] of line.matchAll(/^\s*- |[\w.-]+\s*:(?=\s|$)|[{}[\],]|[^\s{}[\],:]+/g)) {
    if (/^\s*- $/.test(token)) path.push("-");
    else if (token.endsWith(":")) key = token.slice(0, -1).trim();
    else if (token === "{" || token === "[") {
      open.push(path.length);
      if (key !== undefined) path.push(key);
      if (token === "[") path.push("-");
      key = undefined;
    } else if (token === "}" || token === "]") {
      path.length = open.pop() ?? path.length;
      key = undefined;
    } else if (token === ",") key = undefined;
  }
  return key === undefined
    ? { path, isValue: path.at(-1) === "-" && line.includes("[") }
    : { path: [...path, key], isValue: true };
}
