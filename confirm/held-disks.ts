/**
 * Holds the threads of real servers at their disk operations. A thread goes on when the operation is the next item of
 * its server. The operation fails if it failed in the simulated run.
 */
import { basename } from "node:path";
import { asZxid, type Zxid } from "../protocol/index.ts";
import { lastZxidInLog } from "./disk-history.ts";
import type { Evidence } from "./evidence.ts";
import { type Intent, intentOf, intentText, isSnapshotName, isSync, matches } from "./intent.ts";
import { isKind } from "./order.ts";
import type { Question } from "./preload.ts";
import type { Progress } from "./progress.ts";
import type { Quiet } from "./quiet.ts";
import type { RealServer } from "./real-server.ts";
import { factText, type Item } from "./schedule.ts";

const EIO = 5;

/** The disk operations of all servers. */
export class HeldDisks {
  private readonly progress: Progress;
  private readonly evidence: Evidence;
  private readonly quiet: Pick<Quiet, "isReached">;
  private readonly release: string;
  /** The items whose operations are under way, by server, operation and path. */
  private readonly underWay = new Map<string, Item>();
  private readonly durableUpTo = new Map<number, Zxid>();

  constructor(progress: Progress, evidence: Evidence, quiet: Pick<Quiet, "isReached">, release: string) {
    this.progress = progress;
    this.evidence = evidence;
    this.quiet = quiet;
    this.release = release;
  }

  /** A process starts: its threads have not synced anything yet. */
  started(server: RealServer): void {
    this.durableUpTo.delete(server.id);
  }

  /** A process was killed: its operations do not end. */
  killed(server: RealServer): void {
    for (const key of [...this.underWay.keys()]) if (key.startsWith(`${server.id} `)) this.underWay.delete(key);
  }

  /** A thread asks about a disk operation. */
  asked(server: RealServer, question: Question): void {
    const [path = ""] = question.arguments;
    if (question.moment === "before") {
      this.evidence.beforeDisk(server, question.operation, path);
      server.questions.push(question);
      return;
    }
    this.done(server, question, path);
    question.go();
  }

  private done(server: RealServer, { arguments: names, operation }: Question, path: string): void {
    this.changed(server, operation, path, names[1] ?? "");
    this.evidence.disk(server, operation, path);
    const key = keyOf(server, operation, path);
    const item = this.underWay.get(key);
    if (item === undefined) return;
    this.underWay.delete(key);
    this.progress.finish(item);
  }

  /** Keeps a record of what is durable, and of the snapshots that are incomplete. */
  private changed({ durable, id, incomplete }: RealServer, operation: string, path: string, from: string): void {
    const name = basename(path);
    if (operation === "open" && isSnapshotName(name)) incomplete.add(name);
    if (operation === "close" || operation === "rename") incomplete.delete(name);
    if (operation === "rename") durable?.renamed(from, path);
    if (operation === "unlink") durable?.removed(path);
    if (operation.startsWith("ftruncate")) {
      durable?.truncated(path);
      this.durableUpTo.delete(id);
    }
    if (!isSync(operation)) return;
    durable?.synced(path);
    const zxid = name.startsWith("log.") ? lastZxidInLog(path, this.release) : undefined;
    if (zxid !== undefined) this.durableUpTo.set(id, asZxid(Math.max(zxid, this.durableUpTo.get(id) ?? 0)));
  }

  /** Lets the threads of a server go on where they may. Returns whether one did. */
  letGo(server: RealServer): boolean {
    server.questions = server.questions.filter((question) => question.isOpen());
    const before = server.questions.length;
    for (const question of server.questions) this.tryQuestion(server, question);
    server.questions = server.questions.filter((question) => question.isOpen());
    return server.questions.length < before;
  }

  private tryQuestion(server: RealServer, question: Question): void {
    const intent = intentOf(question, this.release);
    const next = this.progress.order.next(server.id);
    // A record can be logged twice, and its second sync is an item, too.
    const isNext = next !== undefined && !this.isUnderWay(next) && matches(intent, next.fact);
    const isSynced = intent.kind === "sync" && (intent.zxid ?? 0) <= (this.durableUpTo.get(server.id) ?? 0);
    if (intent.kind === "free" || (isSynced && !isNext)) {
      question.go();
      return;
    }
    if (!isNext || !this.progress.order.isDue(next)) return;
    // A failure ends what other threads of the server do, so everything before it is done first.
    if ("failed" in next.fact && next.fact.failed && !this.progress.order.isFirst(next)) return;
    // What another thread did meanwhile, such as reading the log again, must not come after a slow sync.
    if (isKind(next, "sync") && this.progress.isLate(next) && !this.quiet.isReached()) return;
    this.answer(server, question, next, intent);
  }

  private answer(server: RealServer, question: Question, item: Item, intent: Intent): void {
    if ("failed" in item.fact && item.fact.failed) {
      this.progress.finish(item);
      question.fail(EIO);
      return;
    }
    const isPartOfSync = intent.kind === "sync" && isKind(item, "sync") && (intent.zxid ?? 0) < item.fact.zxid;
    if (!isPartOfSync && intent.kind !== "epoch-tmp")
      this.underWay.set(keyOf(server, question.operation, question.arguments[0] ?? ""), item);
    this.progress.touch();
    question.go();
  }

  private isUnderWay(item: Item): boolean {
    return [...this.underWay.values()].includes(item);
  }

  /**
   * Lets the oldest waiting thread of a server go on in place of an item, and keeps a record of the deviation. Returns
   * whether a thread waits.
   */
  force({ id, questions: [question] }: RealServer, { fact }: Item): boolean {
    if (question === undefined) return false;
    const text = intentText(intentOf(question, this.release));
    this.progress.deviate(id, "extra", `${text}, where it ${factText(fact)}`);
    question.go();
    return true;
  }

  /** Returns what the threads of a server wait to do, for --verbose. */
  waiting({ questions }: RealServer): string[] {
    return questions.map((question) => intentText(intentOf(question, this.release)));
  }
}

function keyOf({ id }: RealServer, operation: string, path: string): string {
  return `${id} ${operation} ${path}`;
}
