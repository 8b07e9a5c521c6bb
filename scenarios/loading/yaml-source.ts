/**
 * Parses the text of a scenario file and finds the line and column of a field. Accepts YAML 1.2, which includes JSON:
 * one document, unique keys, a bounded number of aliases.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
  type YAMLSeq,
} from "yaml";
import { PROBLEMS_MAX, type Problem, ScenarioError } from "../scenario-error.ts";
import type { Path } from "./field-path.ts";
import { offsetBelowDepth } from "./nesting-depth.ts";

export interface Position {
  readonly line: number;
  readonly column: number;
}

/**
 * Maximum number of bytes in a file. A scenario has about 30 lines, and the yaml package takes up to 10 s for 1,000,000
 * characters. The limit also keeps the page of `zabsim view`, which contains the text, below 1 MB.
 */
const FILE_BYTES_MAX = 500_000;
/** Maximum number of aliases in one file. To resolve an alias, the yaml package walks through the whole document. */
const ALIASES_MAX = 100;
/** Maximum nesting depth in nodes of the parser. A mapping inside a mapping is two nodes deeper. */
const DEPTH_MAX = 60;
/**
 * Maximum nesting depth in tokens of the text. It is far greater than the token depth of DEPTH_MAX nodes, and far
 * smaller than the depth at which the parser overflows the stack.
 */
const TOKEN_DEPTH_MAX = 200;

export class YamlSource {
  readonly file: string;
  /** The parsed data. It is null if the file is empty. */
  readonly data: unknown;
  private readonly document: Document.Parsed;
  private readonly lines: LineCounter;
  private readonly text: string;

  /** Throws a ScenarioError if the text is not YAML. */
  constructor(text: string, file: string) {
    this.file = file;
    this.text = text;
    this.lines = new LineCounter();
    if (new TextEncoder().encode(text).length > FILE_BYTES_MAX) {
      this.fail(undefined, "is too large to be a scenario", `up to ${FILE_BYTES_MAX} bytes`);
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
    // The parser usually finds the lines. It does not run here, so this loop finds them.
    for (const { index } of this.text.matchAll(/^/gm)) this.lines.addNewLine(index);
    this.fail(offset, ...SYNTAX_PROBLEMS.RESOURCE_EXHAUSTION);
  }

  private parse(): Document.Parsed {
    // With `uniqueKeys`, the yaml package would compare each key with all others. With another `logLevel`, it would
    // print warnings on the console.
    const options = { uniqueKeys: false, prettyErrors: false, logLevel: "error" } as const;
    return parseDocument(this.text, { lineCounter: this.lines, ...options });
  }

  private checkSyntax(): void {
    const all = [...this.document.errors, ...this.document.warnings];
    const problems = all.slice(0, 10 * PROBLEMS_MAX).map(({ code, message, pos }) => {
      const known = SYNTAX_PROBLEMS[code as keyof typeof SYNTAX_PROBLEMS] as readonly [string, string] | undefined;
      return this.problem(pos[0], ...(known ?? ([message, "YAML, or JSON"] as const)));
    });
    // Report only the first problem of each line: the later ones usually follow from it.
    const first = problems.filter(({ line }, i) => problems.findIndex((other) => other.line === line) === i);
    if (first.length > 0) throw new ScenarioError(first);
  }

  private checkNodes(): void {
    const found: (readonly [node: unknown, message: string, accepted: string])[] = [];
    const anchors = new Map<string, unknown>();
    let aliases = 0;
    const keepAnchor = (node: Scalar | YAMLMap | YAMLSeq): void => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    };
    visit(this.document, {
      Scalar: (_, node) => keepAnchor(node),
      Collection: (_, node, around) => {
        if (around.length > DEPTH_MAX) this.fail(startOf(node), ...SYNTAX_PROBLEMS.RESOURCE_EXHAUSTION);
        keepAnchor(node);
        if (isMap(node)) for (const { key } of repeated(node)) found.push([key, ...SYNTAX_PROBLEMS.DUPLICATE_KEY]);
      },
      Alias: (_, node, around) => {
        aliases++;
        if (aliases > ALIASES_MAX) this.fail(startOf(node), "has too many aliases", `up to ${ALIASES_MAX} aliases`);
        const target = anchors.get(node.source);
        if (target === undefined) found.push([node, ...SYNTAX_PROBLEMS.BAD_ALIAS]);
        else if (around.some((outer) => outer === target)) found.push([node, ...ALIAS_IN_ITSELF]);
      },
      Pair: (_, pair) => {
        if (keyText(pair.key) === undefined) found.push([pair.key, ...NOT_A_NAME]);
      },
    });
    if (found.length === 0) return;
    const listed = found.slice(0, PROBLEMS_MAX).map(([node, ...words]) => this.problem(startOf(node), ...words));
    throw new ScenarioError(listed, found.length);
  }

  private toData(): unknown {
    try {
      return this.document.toJS({ maxAliasCount: ALIASES_MAX + 1 });
    } catch (error) {
      if (!(error instanceof ReferenceError)) throw error;
      return this.fail(undefined, "has too many aliases inside each other", `up to ${ALIASES_MAX} copies of an anchor`);
    }
  }

  /**
   * Returns the position of the field, or of its name if `aboutKey` is true. If the file does not have the field,
   * returns the position of the innermost field of the path that the file has.
   */
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
   * Creates a problem whose value is the line at this offset. If the offset is undefined, the problem is about the
   * whole text.
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

/**
 * Common YAML mistakes by the error code of the yaml package. For each one, a description of the mistake and of the
 * accepted YAML.
 */
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

const ALIAS_IN_ITSELF = ["an alias of a node that contains it", "an alias of an anchor above it"] as const;
const NOT_A_NAME = ["the name of a field is not a plain word or number", "name: value"] as const;

/** Returns the pairs of a mapping whose key repeats the key of an earlier pair. */
function repeated({ items }: YAMLMap): Pair[] {
  const seen = new Set<string>();
  return items.filter(({ key }) => {
    const text = keyText(key);
    if (text === undefined) return false;
    if (seen.has(text)) return true;
    seen.add(text);
    return false;
  });
}

/** Returns the key as the parsed data contains it. Returns undefined if the key is not a scalar. */
function keyText(key: unknown): string | undefined {
  return isScalar(key) && key.value !== null ? String(key.value) : undefined;
}

function startOf(node: unknown): number | undefined {
  return (node as { range?: readonly number[] | null } | undefined | null)?.range?.[0];
}

/**
 * Returns the start of a field's value. Returns undefined if the value is empty or starts on a later line, because a
 * problem of such a field is reported at the field's name.
 */
function visibleStart(node: unknown): number | undefined {
  return (isScalar(node) && node.source === "") || (isCollection(node) && node.flow !== true)
    ? undefined
    : startOf(node);
}
