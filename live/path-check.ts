/** Which paths of znodes are valid (PathUtils#validatePath). */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters are what the check is about
const BAD_CHARACTER = /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/;

/** Returns whether a path is valid. */
export function isValidPath(path: string | null): path is string {
  if (path === null || !path.startsWith("/")) return false;
  if (path === "/") return true;
  const names = path.slice(1).split("/");
  return !BAD_CHARACTER.test(path) && names.every((name) => name !== "" && name !== "." && name !== "..");
}
