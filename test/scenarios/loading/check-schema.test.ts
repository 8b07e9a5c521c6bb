/** The messages of the schema check. The check accepts and rejects the same data as Ajv. */
import Ajv from "ajv";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { checkSchema, type Schema } from "../../../scenarios/loading/check-schema.ts";
import schema from "../../../schema/scenario.schema.json" with { type: "json" };
import { inputs } from "../../inputs.ts";
import { testInvalidFiles } from "../bad/invalid-files.ts";
import { mutated, mutation } from "../bad/mutated-scenario.ts";
import { WRONG_SHAPE, YAML_FILES } from "../bad/table.ts";

const messages = (data: unknown, schema: Schema): string[] =>
  checkSchema(data, schema).map(({ path, message, accepted }) => `${path.join(".")}: ${message} (${accepted})`);

const RATE: Schema = { type: "number", minimum: 0, maximum: 1 };
const PAIR: Schema = { type: "array", title: "two ids", minItems: 2, maxItems: 2, uniqueItems: true };

describe("a value of", () => {
  it.each<[unknown, Schema, string]>([
    ["x", RATE, ": is text (a number, 0 to 1)"],
    [2, RATE, ": is above 1 (a number, 0 to 1)"],
    [-1, RATE, ": is below 0 (a number, 0 to 1)"],
    [1.5, { type: "integer", minimum: 0, maximum: 9 }, ": is not a whole number (a whole number, 0 to 9)"],
    [null, { type: "boolean" }, ": is empty (true or false)"],
    ["los", { enum: ["lost", "kept"] }, ": is not known, did you mean lost? (lost, kept)"],
    ["5", { type: "string", pattern: "^[a-z]$", title: "a letter" }, ": does not have the right form (a letter)"],
    [[], PAIR, ": is empty (two ids)"],
    [[1], PAIR, ": has fewer than 2 entries (two ids)"],
    [[1, 2, 3], PAIR, ": has more than 2 entries (two ids)"],
    [[1, 1], PAIR, ": names 1 twice (two ids)"],
  ])("%j has one problem", (data, schema, message) => {
    expect(messages(data, schema)).toEqual([message]);
  });
});

describe("a mapping with", () => {
  const schema: Schema = {
    type: "object",
    title: "a link",
    properties: { from: { type: "integer", minimum: 0, maximum: 9 }, to: { type: "integer", minimum: 0, maximum: 9 } },
    required: ["from"],
    additionalProperties: false,
  };

  it("an unknown field names the known fields", () => {
    expect(messages({ from: 1, too: 2 }, schema)).toEqual(["too: unknown field, did you mean to? (from, to)"]);
  });

  it("a missing field names what is accepted for it", () => {
    expect(messages({ to: 2 }, schema)).toEqual(["from: is missing (a whole number, 0 to 9)"]);
  });

  it("two exclusive fields names both fields", () => {
    const exclusive: Schema = { ...schema, required: [], oneOf: [{ required: ["from"] }, { required: ["to"] }] };
    expect(messages({ from: 1, to: 2 }, exclusive)).toEqual([": has from and to together (exactly one of from, to)"]);
  });
});

describe("alternatives of anyOf", () => {
  const schema: Schema = { anyOf: [{ type: "integer", title: "an id", minimum: 0, maximum: 9 }, { enum: ["leader"] }] };

  it("report the problem of the alternative with the type of the value", () => {
    expect(messages(12, schema)).toEqual([": is above 9 (an id; or leader)"]);
    expect(messages("leadr", schema)).toEqual([": is not known, did you mean leader? (an id; or leader)"]);
  });

  it("report the type if no alternative has it", () => {
    expect(messages([], schema)).toEqual([": is a list (an id; or leader)"]);
  });
});

describe("a file of wrong shape:", () => {
  testInvalidFiles(WRONG_SHAPE);
});

describe("the schema check and Ajv agree on", () => {
  const ajv = new Ajv.default({ allErrors: true, allowUnionTypes: true, strictRequired: false, strictTypes: false });
  const accordingToAjv = ajv.compile(schema);
  const accepts = (data: unknown): boolean => checkSchema(data, schema as Schema).length === 0;

  it("generated files", () => {
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 2 }), (mutations) => {
        const data = parse(stringify(mutated(mutations)));
        expect(accepts(data)).toBe(accordingToAjv(data));
      }),
      { numRuns: inputs(500, 5000), seed: 3 },
    );
  });

  it("every invalid file that is YAML", () => {
    for (const [name, text] of YAML_FILES) {
      const data = parse(text);
      expect(accepts(data), name).toBe(accordingToAjv(data));
    }
  });
});
