/** The fields of a step, read from the published schema, so that a test can demand an example for each of them. */
import schema from "../../schema/scenario.schema.json" with { type: "json" };

export interface StepField {
  /** The names from the action or trigger to the field, such as `disk.copyFrom`. Indexes of lists are left out. */
  readonly path: string;
  readonly kind: "server" | "duration" | "zxid" | "number";
}

/** The definitions that stand for one kind of value. */
const KINDS: readonly (readonly [RegExp, StepField["kind"]])[] = [
  [/^serverId/, "server"],
  [/^duration/, "duration"],
  [/^zxids?$/, "zxid"],
];

/** Returns each field of a step that contains servers, durations, zxids or other numbers. */
export function stepFields(): StepField[] {
  return fieldsIn(schema.definitions.step.properties, "");
}

function fieldsIn(properties: object, prefix: string): StepField[] {
  return Object.entries(properties).flatMap(([name, node]) => fieldsOf(node, prefix + name));
}

function fieldsOf(node: unknown, path: string): StepField[] {
  if (typeof node !== "object" || node === null) return [];
  if (Array.isArray(node)) return node.flatMap((one) => fieldsOf(one, path));
  const { $ref, properties, not: _not, if: _if, type, ...rest } = node as Record<string, unknown>;
  const definition = typeof $ref === "string" ? $ref.slice("#/definitions/".length) : "";
  const kind = KINDS.find(([pattern]) => pattern.test(definition))?.[1];
  if (kind !== undefined) return [{ path, kind }];
  return [
    ...(type === "integer" || type === "number" ? [{ path, kind: "number" } as const] : []),
    ...fieldsOf((schema.definitions as Readonly<Record<string, unknown>>)[definition], path),
    ...fieldsIn(properties ?? {}, `${path}.`),
    ...Object.values(rest).flatMap((one) => fieldsOf(one, path)),
  ];
}
