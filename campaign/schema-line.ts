/**
 * The first line of a scenario file that zabsim writes: it names the schema of scenario files, so that an editor with
 * yaml-language-server completes and checks the file.
 */
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The path is the same in the source and in the bundle, because the bundled file has the same depth as this file. */
const SCHEMA = fileURLToPath(new URL("../schema/scenario.schema.json", import.meta.url));

/** Returns the schema line for a file in this folder. */
export function schemaLine(folder: string, schema = SCHEMA): string {
  const path = relative(resolve(folder), schema).split(sep).join("/");
  // A schema below the working directory gets a relative path, because it moves together with the project. Any other
  // schema has a fixed place and gets a URL.
  const isOfProject = !relative(process.cwd(), schema).startsWith("..") && !/^[a-z]:/i.test(path);
  return `# yaml-language-server: $schema=${isOfProject ? path : pathToFileURL(schema).href}`;
}

/** Returns the text of a scenario file with the schema line for a file at `path`. */
export function withSchemaLine(text: string, path: string): string {
  return `${schemaLine(dirname(path))}\n${text}`;
}
