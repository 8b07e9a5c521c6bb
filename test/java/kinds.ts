/** The kinds of questions that ZooKeeper's classes and zabsim both answer. */
import type fc from "fast-check";
import { configQuestions } from "./config-questions.ts";
import { confirmQuestions } from "./confirm-questions.ts";
import { diskQuestions } from "./disk-questions.ts";
import { electionQuestions } from "./election-questions.ts";
import { ensembleQuestions } from "./ensemble-questions.ts";
import { epochQuestions } from "./epoch-questions.ts";
import { scriptQuestions } from "./script-questions.ts";
import { startQuestions } from "./start-questions.ts";
import { syncQuestions } from "./sync-questions.ts";
import { treeQuestions } from "./tree-questions.ts";
import { wireQuestions } from "./wire-questions.ts";

/** A question in the format of the recorded answers (test/conformance/vectors), without `id` and `expect`. */
export type Question = object;

/** One kind of questions. */
export interface Kind<Q extends Question = Question> {
  readonly name: string;
  /** The releases that are asked. Default: all of ASKED_RELEASES. */
  readonly releases?: readonly string[];
  /** Questions that are asked before the drawn ones. */
  readonly fixed?: readonly Q[];
  /** Returns whether a fixed question is asked for a release. Default: each one is. */
  asks?(question: Q, release: string): boolean;
  /** The number of questions of other kinds that can be answered in the time of one of this kind. Default: 1. */
  readonly cost?: number;
  /** Whether a Java process answers only this kind, because another kind changes the process. Default: false. */
  readonly ownProcess?: boolean;
  /** Whether the kind runs after all other parts, because its real servers must keep an order. Default: false. */
  readonly runsAlone?: boolean;
  /** How often a question is asked again if the answers differ, because threads of Java can race. Default: 0. */
  readonly repeats?: number;
  /**
   * Draws questions. Both sides must be able to answer each one, so a question never contradicts itself. Default: the
   * kind has fixed questions only.
   */
  readonly questions?: fc.Arbitrary<Q>;
  /** Returns what Java is asked, for example with the path of files that it prepares. Default: the question itself. */
  toJava?(question: Q, release: string): object;
  /**
   * Returns what real servers answer, which the kind starts itself, in place of the Java program. `folder` is
   * test/java.
   */
  stage?(question: Q, release: string, folder: string): Promise<unknown>;
  /** Returns the answer of zabsim for a release, or a promise of it, in the form of a recorded answer. */
  answer(question: Q, release: string): unknown;
  /** Returns whether an answer of Java agrees with zabsim's. Default: whether both have the same JSON. */
  agrees?(question: Q, release: string, java: unknown, zabsim?: unknown): boolean;
  /** Returns whether zabsim is known to answer differently. Such a difference is counted, but is no failure. */
  isKnownDifference?(question: Q, release: string): boolean;
}

/** A kind that draws questions. */
export type DrawnKind<Q extends Question = Question> = Kind<Q> & Required<Pick<Kind<Q>, "questions">>;

/** Returns whether a kind draws questions. */
export function isDrawn(kind: Kind): kind is DrawnKind {
  return kind.questions !== undefined;
}

/** All kinds, in the order in which they are asked. */
export const KINDS: readonly Kind[] = [
  ...syncQuestions,
  electionQuestions,
  epochQuestions,
  diskQuestions,
  startQuestions,
  treeQuestions,
  scriptQuestions,
  configQuestions,
  wireQuestions,
  ensembleQuestions,
  confirmQuestions,
];
