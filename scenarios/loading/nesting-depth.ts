/** The nesting depth of a YAML text, counted without recursion. */
import { Lexer } from "yaml";

/**
 * Returns the offset of the first token that is nested deeper than `max`. Returns undefined if there is none. In block
 * style, a node contains the tokens that are indented more than the node. The depth of a token is therefore the number
 * of different columns in which the nodes that contain the token start.
 *
 * A deeper text must not reach the yaml parser: the parser would recurse until the stack overflows. If the stack
 * overflows while V8 compiles a regular expression, V8 ends the whole process.
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

/**
 * Tokens of the lexer that contain no characters of the text. They mark the start of a document, the end of a flow
 * collection, and the start of a scalar.
 */
const MARKS: ReadonlySet<string> = new Set(["\u0002", "\u0018", "\u001f"]);
