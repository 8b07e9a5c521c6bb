// Writes the API reference of the npm package to docs/api/, from the doc comments (typedoc.json has the options). Ends
// with exit code 1 if an exported name, or a member of an exported class or interface, has no doc comment; if a link is
// broken; or if a public type refers to a type that is not exported. With --check, it only checks.
import { Application, ReflectionKind } from "typedoc";

const NEEDS_COMMENT =
  ReflectionKind.Class |
  ReflectionKind.Interface |
  ReflectionKind.TypeAlias |
  ReflectionKind.Variable |
  ReflectionKind.Function |
  ReflectionKind.Method |
  ReflectionKind.Property |
  ReflectionKind.Accessor;
const PARENTS = ReflectionKind.Project | ReflectionKind.SomeModule | ReflectionKind.Class | ReflectionKind.Interface;

const app = await Application.bootstrap({ options: new URL("../typedoc.json", import.meta.url).pathname });
const project = await app.convert();
if (project === undefined) process.exit(1);

app.validate(project);
const undocumented = project
  .getReflectionsByKind(NEEDS_COMMENT)
  .filter((reflection) => reflection.parent?.kindOf(PARENTS) && !isDocumented(reflection) && !isForeign(reflection))
  .map((reflection) => reflection.getFullName());
for (const name of undocumented) console.error(`${name}: no doc comment`);

if (undocumented.length + app.logger.errorCount + app.logger.warningCount > 0) {
  process.exitCode = 1;
} else if (!process.argv.includes("--check")) {
  await app.generateOutputs(project);
}

/**
 * Returns whether a name has a doc comment. Typedoc keeps the comment of a function or an accessor at its signature.
 */
function isDocumented(reflection) {
  const signatures = [...(reflection.signatures ?? []), reflection.getSignature, reflection.setSignature];
  return [reflection, ...signatures].some((one) => one?.hasComment() === true);
}

/** Members that a class inherits from the language, such as Error#stack. */
function isForeign({ inheritedFrom, flags }) {
  return flags.isExternal || /^Error\./.test(inheritedFrom?.name ?? "");
}
