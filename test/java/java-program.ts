/** The Java program of this folder: built by Maven for a release, and run as a process that answers questions. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Question } from "./kinds.ts";
import { oneAtATime } from "./lanes.ts";
import { MAVEN_ENV } from "./maven.ts";

const MAIN_CLASS = "org.apache.zookeeper.server.quorum.Answers";
const BUILD_MS_MAX = 600_000;
const ANSWERS_MS_MAX = 300_000;
/** The last bytes of standard error that an error message contains. */
const ERROR_TAIL = 2000;

/**
 * Builds the program for a release, unless its last build has the same sources. Builds wait for each other. Rejects if
 * Maven fails.
 */
export const buildProgram = oneAtATime(async (folder: string, release: string): Promise<void> => {
  const hashFile = join(folder, "out", release, "sources.sha256");
  const hash = hashOf(sourcesOf(folder));
  if (existsSync(hashFile) && readFileSync(hashFile, "utf8") === hash) return;
  rmSync(join(folder, "out", release), { recursive: true, force: true });
  const profile = release.startsWith("3.4.") ? ["-P", release === "3.4.10" ? "3.4,without-scripts" : "3.4"] : [];
  const options = ["-q", "-B", "compile", `-Dzookeeper.version=${release}`, ...profile];
  const maven = spawn("mvn", options, { cwd: folder, env: MAVEN_ENV, stdio: ["ignore", "pipe", "pipe"] });
  const output = tailOf(maven.stdout, maven.stderr);
  const timer = setTimeout(() => maven.kill("SIGKILL"), BUILD_MS_MAX);
  const code = await exitOf(maven).finally(() => clearTimeout(timer));
  if (code !== 0) throw new Error(`Maven cannot build test/java for ${release} (exit code ${code}).\n${output()}`);
  writeFileSync(hashFile, hash);
});

/** A running Java process with the classes of one release. */
export class JavaProgram {
  /** The folder of the program: test/java. */
  readonly folder: string;
  private readonly process: ChildProcess;
  private readonly data = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "zabsim-java-"));
  private readonly errors: () => string;
  private readonly answers: AsyncIterator<string>;

  constructor(folder: string, release: string) {
    this.folder = folder;
    const target = join(folder, "out", release);
    const classPath = [join(target, "classes"), readFileSync(join(target, "classpath.txt"), "utf8")].join(delimiter);
    const options = [
      // The slower compiler of Java would take longer than it saves, because a process answers only for a minute.
      ...["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"],
      "-Xmx512m",
      "-Dzookeeper.preAllocSize=4",
      // Scripts (ScriptServer.java) catch System#exit, and order the threads of a server.
      "-Djava.security.manager=allow",
      "-Dzookeeper.admin.enableServer=false",
      "-Dzookeeper.commitProcessor.numWorkerThreads=0",
      "-Dzookeeper.observer.election.DelayMs=0",
      "-cp",
      classPath,
      MAIN_CLASS,
      this.data,
    ];
    this.process = spawn("java", options, { stdio: ["pipe", "pipe", "pipe"] });
    const { stderr, stdin, stdout } = this.process as { stderr: Readable; stdin: Writable; stdout: Readable };
    this.errors = tailOf(stderr);
    // If the process does not start or ends early, `ask` misses an answer and says so.
    this.process.on("error", () => {});
    stdin.on("error", () => {});
    this.answers = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Returns the answers, in the order of the questions. Rejects if the process ends or does not answer in time. */
  async ask(kind: string, questions: readonly Question[]): Promise<unknown[]> {
    const timer = setTimeout(() => this.process.kill("SIGKILL"), ANSWERS_MS_MAX);
    const lines = questions.map((question) => `${JSON.stringify({ kind, question })}\n`);
    this.process.stdin?.write(lines.join(""));
    const answers: unknown[] = [];
    try {
      while (answers.length < questions.length) {
        const { done, value } = await this.answers.next();
        if (done) throw await this.endedEarly(kind);
        answers.push(JSON.parse(value));
      }
    } finally {
      clearTimeout(timer);
    }
    return answers;
  }

  /** The exit code is one of ZooKeeper's ExitCode if a server under test has ended the process. */
  private async endedEarly(kind: string): Promise<Error> {
    const { pid } = this.process;
    if (pid !== undefined && this.process.exitCode === null && this.process.signalCode === null) {
      await exitOf(this.process);
    }
    const { exitCode, signalCode } = this.process;
    const end = exitCode === null ? (signalCode ?? "it did not start") : `exit code ${exitCode}`;
    return new Error(`The Java process ended without an answer (${kind}; ${end}).\n${this.errors()}`);
  }

  /** Ends the process and deletes its data. */
  async close(): Promise<void> {
    this.process.kill("SIGKILL");
    if (this.process.exitCode === null && this.process.signalCode === null) await exitOf(this.process);
    rmSync(this.data, { recursive: true, force: true });
  }
}

function sourcesOf(folder: string): string[] {
  const source = join(folder, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".java"));
  return [join(folder, "pom.xml"), ...files.sort().map((name) => join(source, name))];
}

function hashOf(files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest("hex");
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

function tailOf(...streams: readonly Readable[]): () => string {
  let tail = "";
  for (const stream of streams) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-ERROR_TAIL);
    });
  }
  return () => tail;
}
