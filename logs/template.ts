/**
 * Templates of log messages, which work in both directions: a template reads the fields of a message, and writes a
 * message with given fields. A field is written `{name:kind}`; everything else is literal text.
 */

/** The kinds of fields: how the text of a field is recognized, read and written. */
const KINDS = {
  /**
   * A decimal number that is small enough for a JavaScript number, such as a sid or a duration, or Long.MIN_VALUE. A
   * server without a vote has it as its leader.
   */
  int: { pattern: "-?\\d+", read: Number, write: (value: number): string => BigInt(value).toString() },
  /** A 64-bit number in hex without 0x, such as a zxid. It is read as a signed number. */
  hex: {
    pattern: "-?[0-9a-f]+",
    read: (text: string): bigint =>
      text.startsWith("-") ? -BigInt(`0x${text.slice(1)}`) : BigInt.asIntN(64, BigInt(`0x${text}`)),
    write: (value: bigint): string => BigInt.asUintN(64, value).toString(16),
  },
  /** A 64-bit number in decimal, as in the messages in which ZooKeeper forgets to convert a zxid. */
  dec: { pattern: "-?\\d+", read: BigInt, write: String },
  /** Text without spaces. */
  word: { pattern: "\\S+", read: String, write: String },
  /** Any text, also none. */
  text: { pattern: ".*", read: String, write: String },
  /** Server ids, as in `1, 3`. */
  sids: {
    pattern: "[\\d, -]*",
    read: (text: string): readonly number[] => (text.match(/-?\d+/g) ?? []).map(Number),
    write: (sids: readonly number[]): string => sids.join(", "),
  },
  /** Server ids as 3.4 writes them: `1,3`. */
  sids34: {
    pattern: "[\\d,-]*",
    read: (text: string): readonly number[] => (text.match(/-?\d+/g) ?? []).map(Number),
    write: (sids: readonly number[]): string => sids.join(","),
  },
} as const;

type Kinds = typeof KINDS;

/** The values of the fields in a template. */
export type FieldsOf<Template extends string> = Template extends `${string}{${infer Field}}${infer Rest}`
  ? (Field extends `${infer Name}:${infer Kind extends keyof Kinds}`
      ? { readonly [N in Name]: ReturnType<Kinds[Kind]["read"]> }
      : NoFields) &
      FieldsOf<Rest>
  : NoFields;

/** The values of the fields in all parts of a template. */
export type FieldsOfParts<Parts extends readonly string[]> = Parts extends readonly [
  infer First extends string,
  ...infer Rest extends readonly string[],
]
  ? FieldsOf<First> & FieldsOfParts<Rest>
  : NoFields;

type NoFields = Readonly<Record<never, never>>;

/** The value of a field. */
export type FieldValue = string | number | bigint | readonly number[];

/** The values of all fields in a message, by name. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** A template that was read once, so that matching is fast. */
export interface CompiledTemplate {
  /** The literal text before the first field. */
  readonly prefix: string;
  /** Returns the fields of a message. Returns undefined if the message does not match. */
  readonly read: (message: string) => Fields | undefined;
  /** Returns the message with these fields. Returns undefined if a field is missing. */
  readonly write: (fields: Fields) => string | undefined;
  /** The names of the fields, in the order of the text. */
  readonly names: readonly string[];
}

const FIELD = /\{(\w+):(\w+)\}/g;

/** Reads a template. Throws an error if it names an unknown kind of field. */
export function compileTemplate(template: string): CompiledTemplate {
  const fields = [...template.matchAll(FIELD)].map(([, name, kind]) => {
    const how = KINDS[kind as keyof Kinds];
    if (how === undefined) throw new Error(`the template "${template}" has a field of the unknown kind ${kind}`);
    return {
      name: name as string,
      how: how as { pattern: string; read(text: string): FieldValue; write(v: never): string },
    };
  });
  const literals = template.split(/\{\w+:\w+\}/);
  const prefix = literals[0] as string;
  const pattern = literals
    .map((literal, i) => escaped(literal) + (fields[i] === undefined ? "" : `(${fields[i].how.pattern})`))
    .join("");
  const regexp = new RegExp(`^${pattern}\\s*$`, "s");
  const read = (message: string): Fields | undefined => {
    const match = regexp.exec(message);
    if (match === null) return undefined;
    const values: Record<string, FieldValue> = {};
    for (const [i, { how, name }] of fields.entries()) values[name] = how.read(match[i + 1] as string);
    return values;
  };
  const write = (given: Fields): string | undefined => {
    if (fields.some(({ name }) => given[name] === undefined)) return undefined;
    return literals
      .map((literal, i) => {
        const field = fields[i];
        return field === undefined ? literal : literal + field.how.write(given[field.name] as never);
      })
      .join("");
  };
  return { prefix, read, write, names: fields.map(({ name }) => name) };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}
