/**
 * Parses the text of a scenario file and finds the line and column of a field. Accepts YAML 1.2, which includes JSON:
 * one document, unique keys, a bounded number of aliases.
 */
import { type Document, isAlias, isCollection, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import { type Problem, ScenarioError } from "../scenario-error.ts";
import type { Path } from "./field-path.ts";
import { offsetBelowDepth } from "./nesting-depth.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Maximum number of characters. A scenario has about 30 lines, so a longer text is not a scenario. */
const TEXT_LENGTH_MAX = 1_000_000;
const ALIASES_MAX = 100;
/** The nesting limit in nodes of the parser; a mapping in a mapping is two nodes deeper. */
const DEPTH_MAX = 60;
/** The nesting limit in tokens of the text: far above what DEPTH_MAX nodes need, far below the stack of the parser. */
const TOKEN_DEPTH_MAX = 200;

export class YamlSource {
  readonly file: string;
  /** The data; null for an empty file. */
  readonly data: unknown;
  private readonly document: Document.Parsed;
  private readonly lines: LineCounter;
  private readonly text: string;

  /** Throws a ScenarioError if the text is not YAML. */
  constructor(text: string, file: string) {
    this.file = file;
    this.text = text;
    this.lines = new LineCounter();
    if (text.length > TEXT_LENGTH_MAX) {
      this.fail(undefined, "is too large to be a scenario", `up to ${TEXT_LENGTH_MAX} characters`);
    }
    this.checkDepth();
    this.document = this.parse();
    this.checkSyntax();
    this.checkNodes();
    this.data = this.toData();
  }

  private checkDepth(): void {
    const offset = offsetBelowDepth(this.text, TOKEN_DEPTH_MAX);
    if (offset === undefined) return;
    // The parser, which would find the lines, does not run.
    for (const { index } of this.text.matchAll(/^/gm)) this.lines.addNewLine(index);
    this.fail(offset, ...SYNTAX_PROBLEMS.RESOURCE_EXHAUSTION);
  }

  private parse(): Document.Parsed {
    const uniqueKeys = (a: unknown, b: unknown) => keyText(a) !== undefined && keyText(a) === keyText(b);
    return parseDocument(this.text, { lineCounter: this.lines, uniqueKeys, prettyErrors: false });
  }

  private checkSyntax(): void {
    const problems = [...this.document.errors, ...this.document.warnings].map(({ code, message, pos }) => {
      const known = SYNTAX_PROBLEMS[code as keyof typeof SYNTAX_PROBLEMS] as readonly [string, string] | undefined;
      return this.problem(pos[0], ...(known ?? ([message, "YAML, or JSON"] as const)));
    });
    // Report only the first problem of each line: the later ones usually follow from it.
    const first = problems.filter(({ line }, i) => problems.findIndex((other) => other.line === line) === i);
    if (first.length > 0) throw new ScenarioError(first);
  }

  private checkNodes(): void {
    const problems: Problem[] = [];
    visit(this.document, {
      Collection: (_, node, around) => {
        if (around.length > DEPTH_MAX) this.fail(startOf(node), ...SYNTAX_PROBLEMS.RESOURCE_EXHAUSTION);
      },
      Alias: (_, node, around) => {
        const target = node.resolve(this.document);
        if (!around.some((outer) => outer === target)) return;
        problems.push(
          this.problem(startOf(node), "an alias of a node that contains it", "an alias of an anchor above it"),
        );
      },
      Pair: (_, pair) => {
        if (keyText(pair.key) !== undefined) return;
        problems.push(
          this.problem(startOf(pair.key), "the name of a field is not a plain word or number", "name: value"),
        );
      },
    });
    if (problems.length > 0) throw new ScenarioError(problems);
  }

  private toData(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: ALIASES_MAX });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      return this.fail(undefined, "has too many aliases", `up to ${ALIASES_MAX} uses of an anchor`);
    }
  }

  /** Returns the place of the field; if the file does not have it, the place of the nearest field around it. */
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

  /**
   * Creates a problem whose value is the line at this offset. Without an offset, the problem is about the whole text.
   */
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

/** Descriptions of common YAML mistakes, and what is accepted. */
const SYNTAX_PROBLEMS = {
  RESOURCE_EXHAUSTION: ["is nested too deeply", "a few levels of lists and mappings"],
  DUPLICATE_KEY: ["the field exists twice", "each field once"],
  MULTIPLE_DOCS: ["a second document starts here", "one document per file, without ---"],
  TAB_AS_INDENT: ["a tab is used to indent", "spaces"],
  BAD_INDENT: [
    "the indentation does not match the lines above",
    "fields of one mapping with the same indentation by spaces",
  ],
  MISSING_CHAR: ["a closing bracket, quote, comma or colon is missing", "YAML, or JSON"],
  BAD_ALIAS: ["an alias without an anchor", "an alias of an anchor above it"],
  TAG_RESOLVE_FAILED: ["an unknown tag", "values without tags"],
} as const;

/** Returns a key as it is in the data; undefined if it is not a scalar. */
function keyText(key: unknown): string | undefined {
  return isScalar(key) && key.value !== null ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | undefined | null)?.range?.[0];
}

/**
 * Returns the start of a field's value; undefined if the value is empty or starts on a later line, because then the
 * problem is reported at the field's name.
 */
function visibleStart(node: unknown): number | undefined {
  return (isScalar(node) && node.source === "") || (isCollection(node) && node.flow !== true)
    ? undefined
    : startOf(node);
}
