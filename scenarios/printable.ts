/**
 * Makes text from scenario files, file names and options safe to print: it can neither control a terminal, reorder what
 * a reader sees, nor start a command of a CI service.
 */

/** Control, format (bidirectional text included), separator, private and unpaired surrogate characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
const UNPRINTABLE_IN = new RegExp(UNPRINTABLE.source, "u");
const COLOR_OR_UNPRINTABLE = new RegExp(`\u001b\\[[\\d;]*m|${UNPRINTABLE.source}`, "gu");
const PRINTABLE_LINES = /^[\x20-\x7e\n\t]*$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/** GitHub runs a line as a command if it starts with `::`, also after white space, or if it contains `##[`. */
const WORKFLOW_COMMAND = /(?<=^|\s)::|##\[/g;

/** Returns a text as one line. Replaces each unprintable character by an escape sequence such as `\u001b`. */
export function printableLine(text: string): string {
  return withoutCommands(PRINTABLE_ASCII.test(text) ? text : text.replace(UNPRINTABLE, escapeAll));
}

/** Like printableLine, but keeps line feeds and tabs. */
export function printableText(text: string): string {
  return withoutCommands(text.replace(UNPRINTABLE, (found) => (isWhiteSpace(found) ? found : escapeAll(found))));
}

/** Returns a path as a shell accepts it: as it is, or as `$'…'` if it contains characters that cannot be printed. */
export function printablePath(path: string): string {
  const escaped = path.replaceAll("\\", "\\\\").replace(UNPRINTABLE, escapeAll);
  return UNPRINTABLE_IN.test(path) ? `$'${escaped.replaceAll("'", "\\'")}'` : printableLine(path);
}

/** Escapes the characters of a whole output that a terminal would not print, except line feeds, tabs and colors. */
export function printableOutput(text: string): string {
  if (PRINTABLE_LINES.test(text)) return text;
  const isKept = (found: string): boolean => isWhiteSpace(found) || found.startsWith("\u001b[");
  return text.replace(COLOR_OR_UNPRINTABLE, (found) => (isKept(found) ? found : escapeAll(found)));
}

function withoutCommands(text: string): string {
  return text.replace(WORKFLOW_COMMAND, (found) => escapeAll(found.slice(0, 1)) + found.slice(1));
}

function isWhiteSpace(character: string): boolean {
  return character === "\n" || character === "\t";
}

/** Writes each code unit as an escape sequence such as `\u001b`, which is valid in JSON, too. */
function escapeAll(text: string): string {
  const codes = Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0"));
  return codes.map((code) => `\\u${code}`).join("");
}
