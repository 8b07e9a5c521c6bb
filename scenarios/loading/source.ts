/**
 * The text of a scenario file as data, and the way back: from a field's path to its line and column. YAML 1.2, of which
 * JSON is a part; one document, unique keys, aliases limited.
 */
import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import { type Problem, ScenarioError } from "../problem.ts";
import type { Path } from "./path.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A scenario is some 30 lines; what is larger is another file. */
const TEXT_LENGTH_MAX = 1_000_000;
const ALIASES_MAX = 100;
/** Counted in nodes of the parser: a mapping inside another is two, its pair being one. */
const DEPTH_MAX = 60;

export class Source {
  readonly file: string;
  /** Null for an empty file. */
  readonly data: unknown;
  private readonly document: Document.Parsed;
  private readonly lines: LineCounter;
  private readonly text: string;

  /** Throws a ScenarioError for a text that is not YAML. */
  constructor(text: string, file: string) {
    this.file = file;
    this.text = text;
    this.lines = new LineCounter();
    if (text.length > TEXT_LENGTH_MAX) {
      this.fail(undefined, "is too large to be a scenario", `up to ${TEXT_LENGTH_MAX} characters`);
    }
    this.document = this.parse();
    this.checkSyntax();
    this.checkNodes();
    this.data = this.toData();
  }

  private parse(): Document.Parsed {
    try {
      const uniqueKeys = (a: unknown, b: unknown) => keyText(a) !== undefined && keyText(a) === keyText(b);
      return parseDocument(this.text, { lineCounter: this.lines, uniqueKeys, prettyErrors: false });
    } catch (error) {
      // Thousands of brackets one inside the other exhaust the parser's stack.
      if (error instanceof RangeError) return this.fail(undefined, ...SYNTAX_WORDS.RESOURCE_EXHAUSTION);
      throw error;
    }
  }

  private checkSyntax(): void {
    const problems = [...this.document.errors, ...this.document.warnings].map(({ code, message, pos }) => {
      const words = SYNTAX_WORDS[code as keyof typeof SYNTAX_WORDS] as readonly [string, string] | undefined;
      return this.problem(pos[0], ...(words ?? ([message, "YAML, or JSON"] as const)));
    });
    // On one line, what follows the first comes of the first.
    const first = problems.filter(({ line }, i) => problems.findIndex((other) => other.line === line) === i);
    if (first.length > 0) throw new ScenarioError(first);
  }

  private checkNodes(): void {
    const problems: Problem[] = [];
    visit(this.document, {
      Collection: (_, node, around) => {
        if (around.length > DEPTH_MAX) this.fail(startOf(node), ...SYNTAX_WORDS.RESOURCE_EXHAUSTION);
      },
      Alias: (_, node, around) => {
        const target = node.resolve(this.document);
        if (!around.some((outer) => outer === target)) return;
        problems.push(this.problem(startOf(node), "an alias of what is around it", "an alias of an anchor above it"));
      },
      Pair: (_, pair) => {
        if (keyText(pair.key) !== undefined) return;
        problems.push(this.problem(startOf(pair.key), "a field's name is no plain word or number", "name: value"));
      },
    });
    if (problems.length > 0) throw new ScenarioError(problems);
  }

  private toData(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      return this.fail(undefined, "has aliases that grow beyond measure", `up to ${ALIASES_MAX} uses of an anchor`);
    }
  }

  /** Where the field is, or, when the file does not have it, the nearest thing around it. */
  locate(path: Path, aboutKey = false): Position {
    let node: unknown = this.document.contents;
    let offset = startOf(node) ?? 0;
    for (const [depth, segment] of path.entries()) {
      const inside = isAlias(node) ? node.resolve(this.document) : node;
      const pair = isMap(inside) ? inside.items.find(({ key }) => keyText(key) === String(segment)) : undefined;
      node = pair?.value ?? (isSeq(inside) ? inside.items[Number(segment)] : undefined);
      if (pair === undefined && node === undefined) break;
      const named = aboutKey && depth === path.length - 1;
      offset = (named ? undefined : visibleStart(node)) ?? startOf(pair?.key) ?? startOf(node) ?? offset;
    }
    return this.position(offset);
  }

  /** With the line as the value; without an offset it is about the whole text. */
  private problem(offset: number | undefined, message: string, accepted: string): Problem {
    const position = this.position(offset ?? 0);
    const value = offset === undefined ? undefined : this.text.split("\n", position.line)[position.line - 1]?.trim();
    return { file: this.file, ...position, field: "file", value: value || undefined, message, accepted };
  }

  private fail(offset: number | undefined, message: string, accepted: string): never {
    throw new ScenarioError([this.problem(offset, message, accepted)]);
  }

  private position(offset: number): Position {
    const { line, col } = this.lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  }
}

/** What went wrong, and what would be accepted, for the slips that people make. */
const SYNTAX_WORDS = {
  RESOURCE_EXHAUSTION: ["is nested too deeply", "a few levels of lists and mappings"],
  DUPLICATE_KEY: ["the same field stands here twice", "each field once"],
  MULTIPLE_DOCS: ["a second document begins here", "one document in a file, no --- between"],
  TAB_AS_INDENT: ["a tab is used to indent", "spaces"],
  BAD_INDENT: [
    "the indentation does not fit what is above",
    "fields of one mapping under each other, indented by spaces",
  ],
  MISSING_CHAR: ["a closing bracket, quote, comma or colon is missing", "YAML, or JSON"],
  BAD_ALIAS: ["an alias without an anchor", "an alias of an anchor above it"],
  TAG_RESOLVE_FAILED: ["an unknown tag", "values without tags"],
} as const;

/** A key as it is in the data; undefined for one that is no scalar. */
function keyText(key: unknown): string | undefined {
  return isScalar(key) && key.value !== null ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | undefined | null)?.range?.[0];
}

/** Where a field's value begins; undefined when it is empty or begins below its name, so that the name shows it better. */
function visibleStart(node: unknown): number | undefined {
  return (isScalar(node) && node.source === "") || (isCollection(node) && node.flow !== true)
    ? undefined
    : startOf(node);
}
