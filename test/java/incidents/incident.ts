/** An incident that is staged on real servers, explained by zabsim, and repaired by its advice. */
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { DoctorAnswer } from "../../../doctor/diagnose.ts";
import type { ExplainAnswer, FindingAnswer } from "../../../explain/answer.ts";
import type { RealEnsemble } from "./real-ensemble.ts";
import type { Settings } from "./server-processes.ts";
import { type ExpectedFinding, expectFinding, type Zabsim } from "./zabsim.ts";

/** One incident. */
export interface Incident {
  readonly name: string;
  readonly settings?: Partial<Settings>;
  /** The releases on which it can be staged. Default: all of INCIDENT_RELEASES. */
  readonly releases?: readonly string[];
  /** Stages the incident, checks what zabsim says, and carries out its advice. Rejects if one of them is wrong. */
  run(lab: Lab): Promise<void>;
}

/** What an incident works with. */
export class Lab {
  readonly ensemble: RealEnsemble;
  readonly release: string;
  private readonly zabsim: Zabsim;
  /** The folder that keeps the logs and directories that zabsim reads; undefined if nothing is kept. */
  private readonly keepIn: string | undefined;
  private copies = 0;

  constructor(ensemble: RealEnsemble, release: string, zabsim: Zabsim, keepIn: string | undefined) {
    this.ensemble = ensemble;
    this.release = release;
    this.zabsim = zabsim;
    this.keepIn = keepIn;
    if (keepIn !== undefined) rmSync(keepIn, { recursive: true, force: true });
  }

  /** Explains the logs of all servers up to now. */
  explain(): ExplainAnswer {
    const { ensemble } = this;
    const started = ensemble.ids.filter((id) => ensemble.logText(id) !== "");
    this.keepFirst("logs", (folder) => {
      for (const id of started) this.keepLog(id, join(folder, `server-${id}.log.gz`));
    });
    return this.zabsim.explain(started.map((id) => ensemble.logFile(id)));
  }

  /** Explains the logs of all servers up to now. One of the findings must be as expected, and is returned. */
  explained(expected: ExpectedFinding): FindingAnswer {
    return expectFinding(this.explain(), expected, (id) => this.ensemble.logText(id));
  }

  /** Examines copies of the data directories of servers. */
  doctor(ids: readonly number[] = this.ensemble.ids): DoctorAnswer {
    const { ensemble } = this;
    const copies = ensemble.copyData(`copies-${this.copies++}`, ids);
    this.keepFirst("disks", (folder) => {
      for (const [i, copy] of copies.entries()) cpSync(copy, join(folder, `server-${ids[i]}`), { recursive: true });
    });
    return this.zabsim.doctor(this.release, ensemble.configFile(ids[0] as number), copies);
  }

  /** Probes a quorum port of 127.0.0.1 as a learner with this last zxid. */
  probe(port: number, zxid: string): unknown {
    return this.zabsim.probe(this.release, port, zxid);
  }

  /** Keeps what zabsim reads first: the state of the incident before its repair. */
  private keepFirst(name: string, keep: (folder: string) => void): void {
    const folder = this.keepIn === undefined ? undefined : join(this.keepIn, name);
    if (folder === undefined || existsSync(folder)) return;
    mkdirSync(folder, { recursive: true });
    keep(folder);
  }

  /** Keeps a log without the name of the machine and its paths. */
  private keepLog(id: number, path: string): void {
    const { ensemble } = this;
    const lines = ensemble.logText(id).split("\n");
    const kept = lines.filter((line) => !/ environment:(?!zookeeper\.version)/.test(line)).join("\n");
    writeFileSync(path, gzipSync(kept.replaceAll(ensemble.folder, "/zookeeper"), { level: 9 }));
  }
}

/** Throws an Error unless both lists have the same elements in the same order. */
export function expectEqual(what: string, actual: readonly unknown[], expected: readonly unknown[]): void {
  if (actual.join() === expected.join()) return;
  throw new Error(`${what}: [${actual.join(", ")}], where [${expected.join(", ")}] is expected`);
}

/** Returns `count` names of nodes, such as `a-0`. */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}-${i}`);
}

/** Returns the value that `zabsim` advises, the first number that the expression captures. */
export function numberIn(advice: readonly string[], text: RegExp): number {
  const match = advice.map((one) => text.exec(one)).find((one) => one !== null);
  if (match === undefined || match === null) throw new Error(`no advice contains ${text}: ${advice.join(" | ")}`);
  return Number(match[1]);
}
