/**
 * The first line of every scenario file that zabsim writes. It names the schema of scenario files, so that an editor
 * with yaml-language-server completes and checks the file.
 */
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * The same relative path is right in the source and in the bundle, because both files are one folder below the root.
 */
const SCHEMA = fileURLToPath(new URL("../schema/scenario.schema.json", import.meta.url));

/** Returns the schema line for a file in this folder. */
export function schemaLine(folder: string, schema = SCHEMA): string {
  const path = relative(resolve(folder), schema).split(sep).join("/");
  // A schema below the working directory gets a relative path, so that the path stays right if the project is moved.
  // Any other schema gets a URL with an absolute path.
  const isOfProject = !relative(process.cwd(), schema).startsWith("..") && !/^[a-z]:/i.test(path);
  return `# yaml-language-server: $schema=${isOfProject ? path : pathToFileURL(schema).href}`;
}

/** Returns a scenario file's text with the schema line for the location `path`. */
export function withSchemaLine(text: string, path: string): string {
  return `${schemaLine(dirname(path))}\n${text}`;
}
