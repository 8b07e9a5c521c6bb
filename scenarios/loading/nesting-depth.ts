/** The nesting depth of a YAML text, counted without recursion. */
import { Lexer } from "yaml";

/**
 * Returns the offset of the first token that is nested deeper than `max`; undefined if there is none. The depth in
 * block style is the number of columns in which the tokens around it start: at least one for each node that contains
 * it.
 *
 * The yaml parser must not see a deeper text. It recurses until the stack overflows, and V8 ends the whole process if
 * that happens while it compiles a regular expression.
 */
export function offsetBelowDepth(text: string, max: number): number | undefined {
  const columns: number[] = [];
  let flowDepth = 0;
  let offset = 0;
  let lineStart = 0;
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) continue;
    if (token === "[" || token === "{") flowDepth++;
    else if (token === "]" || token === "}") flowDepth--;
    if (flowDepth <= 0 && token.trim() !== "") {
      const column = offset - lineStart;
      while ((columns.at(-1) ?? -1) >= column) columns.pop();
      columns.push(column);
    }
    if (columns.length + flowDepth > max) return offset;
    const newline = token.lastIndexOf("\n");
    if (newline >= 0) lineStart = offset + newline + 1;
    offset += token.length;
  }
  return undefined;
}

/** Tokens of the lexer that are not part of the text: the start of a document, the end of a flow, a scalar follows. */
const MARKS: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);
