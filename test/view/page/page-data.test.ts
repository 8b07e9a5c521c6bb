import { expect, test } from "vitest";
import { scriptJson } from "../../../view/page/page-data.ts";

test("data cannot end the script element in which it stands", () => {
  const data = { text: "</script><!-- \u2028\u2029" };
  const json = scriptJson(data);
  expect(json).not.toMatch(/[<\u2028\u2029]/);
  expect(JSON.parse(json)).toEqual(data);
});
