/**
 * Runs every command of README.md, CONTRIBUTING.md, docs/ and the help of the command line.
 *
 * The commands of a document run in one temporary folder, in their order, so that a command can use files that an
 * earlier command wrote. A command must exit with 0, or with the code in the comment after it, such as `# exit code 1`.
 * Long campaigns are shortened. The first call of each command of zabsim, and each line that needs a shell, runs as a
 * process. Further calls run in the process of the test. For npm scripts, vitest and git, the test does not run the
 * command and only checks that the script or the file exists.
 */
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EXIT_OK } from "../../cli/exit-codes.ts";
import { HELP } from "../../cli/help.ts";
import { argumentsOf, zabsimInProcess } from "../cli/in-process.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const docs = readdirSync(join(ROOT, "docs")).filter((file) => file.endsWith(".md"));
const DOCUMENTS = ["README.md", "CONTRIBUTING.md", ...docs.map((file) => `docs/${file}`)];
const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { scripts: Record<string, string> };

/**
 * Files that the commands expect the user to have. Each value is the file or folder that the test copies, relative
 * to scenarios/.
 */
const USER_FILES: Readonly<Record<string, string>> = {
  "mine.yaml": "shipped/cold-start-of-three-epoch-1.yaml",
  "upgrade.yaml": "shipped/rolling-upgrade-3-6-2-to-newest.yaml",
  "failing.yaml": "bugs/open-trunc-keeps-one-txn-too-many.yaml",
  "old.cfg": "../test/roll/rolls/one.cfg",
  "new.cfg": "../test/roll/rolls/three.cfg",
  "zk1.log": "../test/recordings/3.9.5/server-1/zookeeper.log.gz",
  "zk2.log": "../test/recordings/3.9.5/server-2/zookeeper.log.gz",
  "zk3.log": "../test/recordings/3.9.5/server-3/zookeeper.log.gz",
  "zk3.jsonl": "../test/live/traces/server-3.jsonl",
  logs: "../test/recordings/3.9.5",
  zk1: "../test/doctor/disks/zk1",
  zk2: "../test/doctor/disks/zk2",
  zk3: "../test/doctor/disks/zk3",
  backup: "../test/doctor/disks",
  "test/recordings/3.9.5": "../test/recordings/3.9.5",
  "test/recordings/3.4.10": "../test/recordings/3.4.10",
  "test/incidents": "../test/incidents",
};
const QUERY = { id: 1, peerLastZxid: "1:2", leader: { lastProcessedZxid: "1:3", committedLog: [], txnLogFiles: [] } };
const LOG_LINE =
  "Synchronizing with Follower sid: 2 maxCommittedLog=0x100000003 minCommittedLog=0x100000001 peerLastZxid=0x0";

/** Replacements that make a command finish sooner. */
const SHORTER: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/^(zabsim fuzz.*) --time \S+/, "$1 --runs 16"],
  [/^(zabsim fuzz.*) --runs \d{3,}/, "$1 --runs 16"],
  [/^(zabsim fuzz(?!.* --(?:runs|seeds)).*)/, "$1 --runs 16"],
  [/^(zabsim run.*) --seeds 1\.\.\d{3,}/, "$1 --seeds 1..20"],
  [/^(zabsim matrix.*) --time \S+/, "$1 --time 0s"],
  [/^(zabsim matrix(?!.* --(?:time|release)).*)/, "$1 --time 0s"],
  [/^(zabsim judge (?!--list)\S+).*/, "$1 --time 0s --scenarios open-snapshot-survives-trunc"],
  [/^zabsim probe \S+/, "zabsim probe 127.0.0.1:1"],
  [/^(zabsim reconstruct.*) --time \S+/, "$1 --runs 3"],
  [/^(zabsim reconstruct(?!.* --runs).*)/, "$1 --runs 3"],
  [/^(zabsim shrink.*) --time \S+/, "$1 --time 2s"],
  // Real servers need Java: test/java runs them.
  [/^zabsim join .*/, "zabsim join --help"],
  [/^zabsim proxy .*/, "zabsim proxy --help"],
  [/^zabsim confirm .*/, "zabsim confirm --help"],
  // test/cli/run.test.ts runs all scenarios, with and without -v, and test/cli/matrix.test.ts the matrix of all bugs.
  [/^zabsim run( -v)?$/, "zabsim run$1 follower-ahead-trunc"],
  [/^(zabsim matrix(?!.* --(?:from|bug)).*)/, "$1 --bug 4646"],
];

/**
 * Commands that write no file, and read none or only logs and configurations of USER_FILES. Several documents contain
 * them, and they run once.
 */
const SAME_EVERYWHERE: readonly RegExp[] = [
  /^zabsim (?:list|matrix|replay|run)(?: (?!\S*\.yaml)[\w.,=-]+)*$/,
  /^zabsim (?:explain|plan-roll|reconstruct)(?: (?:--server \d=)?(?:zk\d\.log|old\.cfg|new\.cfg)| --runs \d+)+$/,
];

interface Result {
  readonly code: number | null;
  readonly output: string;
}

const results = new Map<string, Result>();

/** The commands of zabsim that a process has run. */
const started = new Set<string>();

interface Command {
  readonly line: string;
  readonly exitCode: number;
}

/** Returns the commands in fenced console and shell blocks: lines that start with `$ ` or with a known program. */
function commandsOf(markdown: string): Command[] {
  return blocksOf(markdown, /^(?:console|sh|bash|shell)$/).flatMap((block) =>
    block
      .split("\n")
      .filter((line) => /^(?:\$|npx|npm|zabsim) /.test(line))
      .map((line) => {
        const [command = "", comment = ""] = line.replace(/^\$ /, "").split(/\s+# ?/);
        return { line: command.trim(), exitCode: Number(/exit code (\d+)/.exec(comment)?.[1] ?? EXIT_OK) };
      }),
  );
}

function blocksOf(markdown: string, language: RegExp): string[] {
  return [...markdown.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter(([, name]) => language.test(name as string))
    .map(([, , text]) => text as string);
}

function read(document: string): string {
  return readFileSync(join(ROOT, document), "utf8");
}

/** A temporary folder with the user's files, the scenarios, and `zabsim` and `npx zabsim` as programs. */
class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "zabsim-docs-"));

  constructor(markdown = "") {
    cpSync(join(ROOT, "scenarios"), join(this.path, "scenarios"), { recursive: true });
    for (const [name, source] of Object.entries(USER_FILES)) {
      cpSync(join(ROOT, "scenarios", source), join(this.path, name), { recursive: true });
    }
    writeFileSync(join(this.path, "queries.jsonl"), `${JSON.stringify(QUERY)}\n`);
    writeFileSync(join(this.path, "zookeeper.log"), `${LOG_LINE}\n`);
    writeFileSync(join(this.path, "zoo.cfg"), "tickTime=2000\n");
    // A block that starts with `# NAME.yaml` becomes a file with that name.
    for (const text of blocksOf(markdown, /^yaml$/)) {
      const [, name] = /^# (\S+\.yaml)\n/.exec(text) ?? [];
      if (name !== undefined) writeFileSync(join(this.path, name), text);
    }
    mkdirSync(join(this.path, "node_modules"));
    symlinkSync(ROOT, join(this.path, "node_modules", "zabsim"));
    this.program("zabsim", `exec "${process.execPath}" "${join(ROOT, "bin", "zabsim.js")}" "$@"`);
    this.program("npx", 'exec "$@"');
  }

  private program(name: string, line: string): void {
    const folder = join(this.path, "bin");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), `#!/usr/bin/env bash\n${line}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  async run(line: string): Promise<Result> {
    const command = SHORTER.reduce((text, [pattern, shorter]) => text.replace(pattern, shorter), withoutNpx(line));
    if (!SAME_EVERYWHERE.some((one) => one.test(command))) return await this.execute(command);
    const result = results.get(command) ?? (await this.execute(command));
    results.set(command, result);
    return result;
  }

  private async execute(command: string): Promise<Result> {
    const [program, name = "", ...args] = argumentsOf(command) ?? [];
    if (program !== "zabsim" || !started.has(name)) {
      started.add(name);
      return this.executeInShell(command);
    }
    const { code, stdout, stderr } = await zabsimInProcess([name, ...args], this.path);
    return { code, output: `$ ${command}\n${stdout.slice(-2000)}${stderr}` };
  }

  private executeInShell(command: string): Result {
    const { status, stdout, stderr } = spawnSync("bash", ["-c", command], {
      cwd: this.path,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", PATH: `${join(this.path, "bin")}${delimiter}${process.env.PATH}` },
      maxBuffer: 1 << 28,
    });
    return { code: status, output: `$ ${command}\n${stdout.slice(-2000)}${stderr}` };
  }

  node(source: string): Result {
    writeFileSync(join(this.path, "example.mjs"), source);
    return this.executeInShell(`"${process.execPath}" example.mjs`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

function withoutNpx(line: string): string {
  return line.replace(/^npx zabsim\b/, "zabsim");
}

/** Returns what is wrong with a command that this test does not run. Returns undefined if there is no problem. */
function problemOf(line: string): string | undefined {
  const [program, ...args] = line.split(/\s+/);
  if (program === "git" || /^npm (?:ci|install)\b/.test(line)) return undefined;
  if (program === "npm") {
    const script = args[0] === "run" ? (args[1] as string) : (args[0] as string);
    return scripts[script] === undefined ? `package.json has no script ${script}` : undefined;
  }
  const file = program === "bash" ? args[0] : /^npx vitest run (\S+)/.exec(line)?.[1];
  if (file === undefined) return "this test does not know the program";
  return existsSync(join(ROOT, file)) ? undefined : `there is no file ${file}`;
}

describe.each(DOCUMENTS)("%s", (document) => {
  const markdown = read(document);
  const parts = commandsOf(markdown).flatMap(({ line, exitCode }) =>
    line.split(" && ").map((part) => ({ line: part.trim(), exitCode })),
  );
  let folder: Folder;
  beforeAll(() => {
    folder = new Folder(markdown);
  });
  afterAll(() => folder.remove());

  it("names only npm scripts that exist", () => {
    const names = [...markdown.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name as string);
    expect(names.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  for (const { exitCode, line } of parts) {
    if (/^(?:npx )?zabsim /.test(line)) {
      it(`${line} exits with ${exitCode}`, async () => {
        const { code, output } = await folder.run(line);
        expect(code, output).toBe(exitCode);
      });
    } else {
      it(`${line} can run`, () => expect(problemOf(line)).toBeUndefined());
    }
  }

  it("contains only JavaScript examples that run", () => {
    for (const source of blocksOf(markdown, /^js$/)) {
      const { code, output } = folder.node(source);
      expect(code, `${source}\n${output}`).toBe(EXIT_OK);
    }
  });
});

describe("the examples in the help", () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = new Folder();
    await folder.run("zabsim fuzz --runs 16 --out nightly");
    await folder.run("zabsim fuzz --runs 16");
  });
  afterAll(() => folder.remove());

  const examples = Object.values(HELP).flatMap(({ examples, exitCodes }) =>
    examples.map(([line]) => ({ line, codes: exitCodes.map(([code]): number => code) })),
  );
  it.each(examples)("$line exits with a code that the help names", async ({ codes, line }) => {
    const { code, output } = await folder.run(line);
    expect(codes, output).toContain(code);
  });
});
