/**
 * Checks data against schema/scenario.schema.json and describes problems in words. Supports only the part of JSON
 * Schema that this schema uses. A test compares the results with those of Ajv on many files. Ajv itself would take 100
 * ms to load and compile the schema, which is longer than a whole `zabsim run`. Ajv also reports the errors of every
 * alternative of `anyOf`, and not only those of the alternative that accepts the type of the value.
 */

import { didYouMean, suggestion } from "./did-you-mean.ts";
import type { FieldProblem, Path } from "./field-path.ts";

export interface Schema {
  readonly $ref?: string;
  /** Describes the accepted values, as the last words of a sentence. */
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly (string | number)[];
  readonly pattern?: string;
  /**
   * Examples of accepted values. If a value looks like a misspelled example, and the example is a word in capitals, the
   * error suggests the example.
   */
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly uniqueItems?: boolean;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  /**
   * A test whether all fields are known. If a field is unknown, an editor reports that field and does not apply the
   * rules of `then`.
   */
  readonly if?: { readonly propertyNames: Schema };
  readonly then?: { readonly oneOf: readonly Schema[] };
  readonly not?: Schema;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

type Mapping = Readonly<Record<string, unknown>>;

export function checkSchema(data: unknown, schema: Schema): FieldProblem[] {
  return new SchemaCheck(schema).check(data, schema, []);
}

/** Maximum number of suggestions that one check computes. An error lists far fewer problems. */
const SUGGESTIONS_MAX = 500;

class SchemaCheck {
  private readonly root: Schema;
  private suggestions = 0;

  constructor(root: Schema) {
    this.root = root;
  }

  check(value: unknown, reference: Schema, path: Path): FieldProblem[] {
    const schema = this.resolve(reference);
    if (schema.anyOf !== undefined) return this.checkAnyOf(value, schema, schema.anyOf, path);
    const wrong = (message: string, accepted = this.accepts(schema)) => [{ path, value, message, accepted }];
    if (!this.admits(schema, value)) return wrong(wrongKind(value));
    if (schema.enum !== undefined && !schema.enum.includes(value as string)) {
      return wrong(`is not known${suggestion(String(value), schema.enum.map(String))}`);
    }
    if (typeof value === "number") return this.checkNumber(value, schema, wrong);
    if (typeof value === "string") return this.checkText(value, schema, wrong);
    if (Array.isArray(value)) return this.checkList(value, schema, path, wrong);
    if (kindOf(value) === "object") return this.checkMapping(value as Mapping, schema, path);
    return [];
  }

  /** Returns a text such as `, did you mean crash?`, or an empty text if there is no similar name. */
  private suggestion(name: string, known: readonly string[]): string {
    this.suggestions++;
    return this.suggestions > SUGGESTIONS_MAX ? "" : didYouMean(name, known);
  }

  private resolve(schema: Schema): Schema {
    let at = schema;
    while (at.$ref !== undefined) at = this.root.definitions?.[at.$ref.replace("#/definitions/", "")] ?? {};
    return at;
  }

  /** Returns the problems of the alternative that accepts values of this type. Ignores the other alternatives. */
  private checkAnyOf(value: unknown, schema: Schema, branches: readonly Schema[], path: Path): FieldProblem[] {
    const accepted = this.accepts(schema);
    const branch = branches.find((one) => this.admits(this.resolve(one), value));
    if (branch === undefined) return [{ path, value, message: wrongKind(value), accepted }];
    return this.check(value, branch, path).map((problem) =>
      problem.path.length === path.length && problem.aboutKey === undefined ? { ...problem, accepted } : problem,
    );
  }

  /** Returns whether the schema accepts values of this type. */
  private admits(schema: Schema, value: unknown): boolean {
    if (schema.anyOf !== undefined) return schema.anyOf.some((branch) => this.admits(this.resolve(branch), value));
    const kind = kindOf(value);
    if (schema.enum !== undefined) return schema.enum.some((word) => kindOf(word) === kind);
    if (schema.type === undefined) return true;
    return [schema.type].flat().some((type) => (type === "integer" ? "number" : type) === kind);
  }

  private checkText(text: string, schema: Schema, wrong: (message: string) => FieldProblem[]): FieldProblem[] {
    if (matches(schema.pattern, text)) return [];
    const words = (schema.examples ?? []).filter((example): example is string => /^[A-Z]+$/.test(String(example)));
    const [word = ""] = text.trim().split(/\s/, 1);
    return wrong(`does not have the right form${words.includes(word) ? "" : this.suggestion(word, words)}`);
  }

  private checkNumber(value: number, schema: Schema, wrong: (message: string) => FieldProblem[]): FieldProblem[] {
    if (!Number.isFinite(value)) return wrong("is not a finite number");
    if ([schema.type].flat().includes("integer") && !Number.isInteger(value)) return wrong("is not a whole number");
    // A schema for texts may also accept some numbers, such as 0 for a duration. Its title says which.
    if ([schema.type].flat().includes("string") && !inBounds(value, schema))
      return wrong("does not have the right form");
    if (schema.minimum !== undefined && value < schema.minimum) return wrong(`is below ${schema.minimum}`);
    if (schema.maximum !== undefined && value > schema.maximum) return wrong(`is above ${schema.maximum}`);
    return [];
  }

  private checkList(
    list: readonly unknown[],
    schema: Schema,
    path: Path,
    wrong: (message: string) => FieldProblem[],
  ): FieldProblem[] {
    if (list.length === 0 && (schema.minItems ?? 0) > 0) return wrong("is empty");
    if (list.length < (schema.minItems ?? 0)) return wrong(`has fewer than ${schema.minItems} entries`);
    if (list.length > (schema.maxItems ?? Number.POSITIVE_INFINITY))
      return wrong(`has more than ${schema.maxItems} entries`);
    const { items } = schema;
    const problems = items === undefined ? [] : list.flatMap((item, i) => this.check(item, items, [...path, i]));
    if (schema.uniqueItems !== true || problems.length > 0) return problems;
    const twice = list.find((item, i) => list.indexOf(item) < i);
    return twice === undefined ? [] : wrong(`names ${String(twice)} twice`);
  }

  private checkMapping(mapping: Mapping, schema: Schema, path: Path): FieldProblem[] {
    const problems: FieldProblem[] = [];
    for (const [key, value] of Object.entries(mapping)) problems.push(...this.checkField(key, value, schema, path));
    for (const key of schema.required ?? []) {
      if (Object.hasOwn(mapping, key)) continue;
      const accepted = this.accepts(schema.properties?.[key] ?? {});
      problems.push({ path: [...path, key], value: undefined, message: "is missing", accepted });
    }
    // If a field is misspelled or missing, further problems would only distract from this one.
    return problems.length > 0 ? problems : this.checkTogether(mapping, schema, path);
  }

  private checkField(key: string, value: unknown, schema: Schema, path: Path): FieldProblem[] {
    const at = [...path, key];
    if (schema.propertyNames !== undefined && !matches(schema.propertyNames.pattern, key)) {
      const accepted = this.accepts(schema.propertyNames);
      return [{ path: at, value: key, message: "is not an accepted name", accepted, aboutKey: true }];
    }
    const field = fieldSchema(schema, key);
    if (field !== undefined) return this.check(value, field, at);
    if (schema.additionalProperties !== false) return [];
    const known = Object.keys(schema.properties ?? {}).filter((name) => !name.startsWith("$"));
    const message = `unknown field${this.suggestion(key, known)}`;
    return [{ path: at, value, message, accepted: known.join(", "), aboutKey: true }];
  }

  /** Checks the rules that concern several fields of a mapping. */
  private checkTogether(mapping: Mapping, schema: Schema, path: Path): FieldProblem[] {
    const wrong = (message: string, accepted = this.accepts(schema)) => [{ path, value: mapping, message, accepted }];
    const size = Object.keys(mapping).length;
    if (size < (schema.minProperties ?? 0)) return wrong(size === 0 ? "is empty" : "has too few fields");
    if (size > (schema.maxProperties ?? Number.POSITIVE_INFINITY)) return wrong("has too many fields");
    const oneOf = schema.oneOf ?? schema.then?.oneOf;
    if (oneOf !== undefined) {
      const fitting = oneOf.filter((branch) => this.check(mapping, branch, path).length === 0);
      const names = oneOf.flatMap((branch) => branch.required ?? []);
      const accepted = oneOf.every(onlyRequires) ? `exactly one of ${names.join(", ")}` : this.accepts(schema);
      if (fitting.length === 0) return wrong("has a missing field or a field too many", accepted);
      const both = fitting.flatMap((branch) => branch.required ?? []).join(" and ");
      if (fitting.length > 1) return wrong(`has ${both} together`, accepted);
    }
    const clash = schema.not?.anyOf?.find((branch) => this.check(mapping, branch, path).length === 0);
    if (clash !== undefined) return wrong(`has ${clash.required?.join(" and ")} together`);
    return [];
  }

  /** Describes the values that a schema accepts. */
  accepts(reference: Schema): string {
    const schema = this.resolve(reference);
    if (schema.enum !== undefined)
      return `${schema.title === undefined ? "" : `${schema.title}: `}${schema.enum.join(", ")}`;
    if (schema.title !== undefined) return schema.title;
    if (schema.anyOf !== undefined) return schema.anyOf.map((branch) => this.accepts(branch)).join("; or ");
    switch (schema.type) {
      case "integer":
        return `a whole number, ${schema.minimum} to ${schema.maximum}`;
      case "number":
        return `a number, ${schema.minimum} to ${schema.maximum}`;
      case "boolean":
        return "true or false";
      case "string":
        return "text";
      default:
        return "a mapping";
    }
  }
}

function fieldSchema(schema: Schema, key: string): Schema | undefined {
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, key)) return schema.properties[key];
  const byPattern = Object.entries(schema.patternProperties ?? {}).find(([pattern]) => matches(pattern, key));
  if (byPattern !== undefined) return byPattern[1];
  return typeof schema.additionalProperties === "object" ? schema.additionalProperties : undefined;
}

function onlyRequires(schema: Schema): boolean {
  return schema.required?.length === 1 && Object.keys(schema).length === 1;
}

function inBounds(value: number, schema: Schema): boolean {
  return value >= (schema.minimum ?? value) && value <= (schema.maximum ?? value);
}

function matches(pattern: string | undefined, text: string): boolean {
  return pattern === undefined || new RegExp(pattern, "u").test(text);
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

const KIND_NAMES: Readonly<Record<string, string>> = {
  array: "is a list",
  object: "is a mapping",
  string: "is text",
  number: "is a number",
  boolean: "is true or false",
};

function wrongKind(value: unknown): string {
  return KIND_NAMES[kindOf(value)] ?? "is empty";
}
