/** Tests the line that names the schema for editors. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { schemaLine, withSchemaLine } from "../../campaign/schema-line.ts";

const PREFIX = "# yaml-language-server: $schema=";

describe("schemaLine", () => {
  it("is relative to the file if the schema is below the working directory", () => {
    const schema = join(process.cwd(), "node_modules", "zabsim", "schema", "s.json");
    expect(schemaLine("scenarios/ours", schema)).toBe(`${PREFIX}../../node_modules/zabsim/schema/s.json`);
    expect(schemaLine(".", schema)).toBe(`${PREFIX}node_modules/zabsim/schema/s.json`);
  });

  it("is a URL if the schema is elsewhere", () => {
    const schema = join(process.cwd(), "..", "elsewhere", "s.json");
    expect(schemaLine(".", schema)).toBe(`${PREFIX}${pathToFileURL(schema).href}`);
  });

  it("names the schema of this package", () => {
    const line = withSchemaLine("servers: 3\n", "/nowhere/deep/x.yaml").split("\n")[0] as string;
    const named = line.slice(PREFIX.length);
    expect(existsSync(named.startsWith("file:") ? fileURLToPath(named) : join("/nowhere/deep", named))).toBe(true);
  });
});
