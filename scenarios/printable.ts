/**
 * Makes text from scenario files, file names and options safe to print: printed text cannot control a terminal, change
 * the order of the visible characters, or start a command of a CI service.
 */

/** Control, format (bidirectional text included), separator, private and unpaired surrogate characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;
const UNPRINTABLE_IN = new RegExp(UNPRINTABLE.source, "u");
const COLOR_OR_UNPRINTABLE = new RegExp(`\u001b\\[[\\d;]*m|${UNPRINTABLE.source}`, "gu");
const PRINTABLE_LINES = /^[\x20-\x7e\n\t]*$/;
const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
/**
 * The starts of commands in a log of GitHub Actions: `::` at the start of a line or after white space, and `##[`
 * anywhere.
 */
const WORKFLOW_COMMAND = /(?<=^|\s)::|##\[/g;

/** Returns a text as one line. Replaces each unprintable character by an escape sequence such as `\u001b`. */
export function printableLine(text: string): string {
  return withoutCommands(PRINTABLE_ASCII.test(text) ? text : text.replace(UNPRINTABLE, escapeAll));
}

/** Like printableLine, but keeps line feeds and tabs. */
export function printableText(text: string): string {
  return withoutCommands(text.replace(UNPRINTABLE, (found) => (isWhiteSpace(found) ? found : escapeAll(found))));
}

/**
 * Returns a path in a form that a shell accepts. If the path contains unprintable characters, this form is `$'…'`.
 * Otherwise, it is the path itself.
 */
export function printablePath(path: string): string {
  const escaped = path.replaceAll("\\", "\\\\").replace(UNPRINTABLE, escapeAll);
  return UNPRINTABLE_IN.test(path) ? `$'${escaped.replaceAll("'", "\\'")}'` : printableLine(path);
}

/** Escapes all unprintable characters of an output, except line feeds, tabs and the codes of colors. */
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
