/** The published schemas of answers: each one compiles, describes every field, and is exported by the package. */
import { readdirSync, readFileSync } from "node:fs";
import Ajv from "ajv";
import { describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const FOLDER = new URL("../../schema/", import.meta.url);
const NAMES = readdirSync(FOLDER).map((file) => file.replace(".schema.json", ""));
const ANSWERS = ["explain", "judge", "probe"];

interface Node {
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Node>>;
}

/** Returns the paths of all fields without a description. */
function undescribed(node: unknown, path = ""): string[] {
  if (typeof node !== "object" || node === null) return [];
  const { properties = {} } = node as Node;
  const own = Object.entries(properties).flatMap(([name, field]) =>
    field.description === undefined ? [`${path}/${name}`] : [],
  );
  return [...own, ...Object.entries(node).flatMap(([name, value]) => undescribed(value, `${path}/${name}`))];
}

describe.each(ANSWERS)("the schema of zabsim %s --json", (name) => {
  const schema = JSON.parse(readFileSync(new URL(`${name}.schema.json`, FOLDER), "utf8")) as object;

  it("compiles, and has the name of the command", () => {
    new Ajv.default({ strict: false }).compile(schema);
    expect(schema).toMatchObject({ $id: `urn:zabsim:schema:${name}`, properties: { version: { const: 1 } } });
  });

  it("describes every field", () => expect(undescribed(schema)).toEqual([]));
});

it("the package exports every schema", () => {
  const files = Object.values(manifest.exports).filter((target) => typeof target === "string");
  expect(NAMES.map((name) => `./schema/${name}.schema.json`).filter((file) => !files.includes(file))).toEqual([]);
});
