/** The messages of the schema check, with small schemas. load.test.ts compares its verdicts with those of Ajv. */
import { describe, expect, it } from "vitest";
import { checkSchema, type Schema } from "../../../scenarios/loading/check-schema.ts";

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
