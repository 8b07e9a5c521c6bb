/**
 * The entry point of the command line. `main(argv)` parses the arguments, runs the command and returns its exit code.
 * The launcher, bin/zabsim.js, handles everything that concerns the whole process: closed pipes, SIGINT and unexpected
 * exceptions.
 *
 * Each command is a separate module that is imported only when the command runs. A command therefore does not wait for
 * modules that only other commands need.
 */
import { Command, CommanderError } from "commander";
import { printableText } from "../scenarios/printable.ts";
import { EXIT_BAD_INPUT, EXIT_OK } from "./exit-codes.ts";
import { type HELP, helpTextOf } from "./help.ts";
import {
  collect,
  parseCount,
  parseNames,
  parseOutput,
  parseRelease,
  parseSeed,
  parseSeeds,
  parseServers,
  parseShard,
  parseTime,
} from "./options.ts";
import { hint } from "./output.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

export async function main(argv: readonly string[]): Promise<number> {
  let exitCode: number = EXIT_OK;
  const program = createProgram((code) => {
    exitCode = code;
  });
  if (argv.length === 0) {
    program.outputHelp();
    return EXIT_OK;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has already printed the message. The options --help and --version also throw, with exit code 0.
    if (error instanceof CommanderError) return error.exitCode === EXIT_OK ? EXIT_OK : EXIT_BAD_INPUT;
    const message = badInputMessage(error);
    if (message === undefined || argv.includes("--debug")) throw error;
    hint(`zabsim: ${printableText(message)}`);
    return EXIT_BAD_INPUT;
  }
}

/**
 * The names of error classes for bad input. Most commands do not load the modules of these classes, so main() compares
 * names instead of using `instanceof`.
 */
const BAD_INPUT: readonly string[] = ["ScenarioError", "CampaignMismatchError", "JournalError", "OutputError"];

/**
 * Error codes of the operating system for problems that zabsim cannot solve but the user can, each with its message.
 */
const MACHINE: Readonly<Record<string, string>> = {
  ENOSPC: "no space is left on the disk",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "the disk is read-only",
  EMFILE: "too many files are open",
  ENFILE: "too many files are open",
};

/** Returns the message for an error that the user can fix. Returns undefined for any other error. */
function badInputMessage(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof UsageError || BAD_INPUT.includes(error.name)) return error.message;
  const { code = "", path, syscall } = error as NodeJS.ErrnoException;
  if (syscall === "uv_cwd") return "the working directory no longer exists (accepted: any existing folder; use cd)";
  const problem = syscall === undefined ? undefined : MACHINE[code];
  return problem && `${path === undefined ? "" : `${path}: `}${problem} (${code})`;
}

/** Makes the command refuse an option that is given twice, because commander would ignore the first value. */
function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if ((!option.required && !option.optional) || option.parseArg === collect) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) throw new UsageError(`${option.long} is given twice (accepted: once)`);
      isGiven = true;
    });
  }
}

const SEED_OF_RUN = "seed of the run: unsigned 64-bit integer, e.g. 42 or 0x2a (default: the scenario's seed, or 1)";
const FIRST_SEED = "first seed, with --runs or --time: unsigned 64-bit integer, e.g. 42 or 0x2a (default: 1)";
const SEEDS = "seeds to run, both ends included, e.g. 1..1000";
const RELEASE_OF_SERVERS =
  "ZooKeeper release that servers behave like, e.g. 3.6.2 (default: the scenario's release, or newest)";
const JSON_DOCUMENT = "print one JSON document to stdout and nothing else";
const JSON_LINES = "print one JSON object per line to stdout and nothing else";
const WALL_CLOCK = "stop after this much wall-clock time, e.g. 60s";

function createProgram(done: (code: number) => void): Command {
  const program = new Command("zabsim");
  const strict = (command: Command): Command =>
    command
      .exitOverride()
      .allowExcessArguments(false)
      .configureOutput({
        outputError: (text, write) => write(printableText(text.replace(/^error: /, "zabsim: "))),
      });
  strict(program)
    .description(
      "Simulates ZooKeeper's leader/follower handshake on a virtual clock, a lossy network and disks that lose " +
        "unsynced writes. The same scenario and seed always give the same run.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", "\nzabsim COMMAND --help prints the options, examples and exit codes of a command.")
    .showSuggestionAfterError(true)
    .showHelpAfterError("(zabsim --help lists what is accepted)");
  const command = (usage: string, summary: string, description: string, aboutJson = JSON_DOCUMENT): Command =>
    textCommand(usage, summary, description).option("--json", aboutJson);
  const textCommand = (usage: string, summary: string, description: string): Command => {
    const one = strict(program.command(usage));
    return one
      .summary(summary)
      .description(description)
      .addHelpText("after", helpTextOf(one.name() as keyof typeof HELP))
      .helpOption("-h, --help", "print this help")
      .showHelpAfterError(`(zabsim ${one.name()} --help lists what is accepted)`)
      .option("--debug", "print the stack trace of an error");
  };
  const withScenario = (one: Command, aboutSeed = SEED_OF_RUN): Command =>
    one
      .option("--seed <n>", aboutSeed, parseSeed)
      .option("--zookeeper <release>", RELEASE_OF_SERVERS, parseRelease("--zookeeper"))
      .option(
        "--set <path=value>",
        "override a field of the scenario, e.g. servers.2.down=true; repeatable (default: none)",
        collect,
      );

  withScenario(
    command(
      "run [scenarios...]",
      "run scenarios and print verdicts and sync decisions",
      "Runs scenarios and prints for each one a verdict, the sync decisions and every violated invariant. " +
        "A scenario is the path of a file, or a name from `zabsim list scenarios`. Without arguments, every " +
        "scenario that ships with zabsim runs; then only a summary and the reports of failed scenarios are printed.",
    ),
  )
    .option("-v, --verbose", "print the report of every scenario, also without arguments (default: a summary)")
    .option(
      "--seeds <a..b>",
      `${SEEDS}; several scenarios take the seeds in turn; prints only failing runs (default: the seed of --seed)`,
      parseSeeds,
    )
    .option(
      "--noise",
      "add faults and writes drawn from the seed, as a campaign does; each violated invariant is a failure",
    )
    .option("--check-determinism", "run each scenario twice and report the first event that differs")
    .option("--update-golden", "write each report to NAME.golden.txt next to its scenario file")
    .action(async (names, options) => done(await (await import("./run.ts")).run(names, options)));

  withScenario(
    command(
      "replay <scenario>",
      "print one run event by event",
      "Runs one scenario and prints its timeline, its report and, if it violated an invariant, an explanation. " +
        "A line of the timeline has the virtual time in seconds, the server (- for a step of the scenario) and what " +
        "happened.",
      JSON_LINES,
    ),
  )
    .option("--from <time>", "first virtual time to show, e.g. 200ms, 1.5s or 0.25 (default: 0)", parseTime("--from"))
    .option("--until <time>", "last virtual time to show, e.g. 1.5s (default: the end)", parseTime("--until"))
    .option("--server <ids>", "show only events at these servers, e.g. 1 or 1,3 (default: all)", parseServers)
    .option(
      "--only <kinds>",
      "show only these kinds of event, e.g. sync-decided,failed (default: all but logged and synced)",
      parseNames,
    )
    .option("--noise", "add the faults and writes that `run --noise` draws from this seed")
    .option("--messages", "also show each message that a server receives")
    .action(async (name, options) => done(await (await import("./replay.ts")).replay(name, options)));

  withScenario(
    command(
      "fuzz [scenario]",
      "search for failures with random faults; shrink and explain them",
      "Runs a campaign: draws a plan of servers, writes and faults from each seed and runs it. Checks every " +
        "invariant, and that the servers serve again after all faults are undone. Each failure is shrunk, " +
        "explained and written to --out as a scenario file. With a scenario, plans add faults to it.",
      JSON_LINES,
    ),
    FIRST_SEED,
  )
    .option(
      "--runs <n>",
      "number of seeds to run, starting at --seed, e.g. 10000 (default: no limit; --time ends the campaign)",
      parseCount("--runs"),
    )
    .option("--time <duration>", `${WALL_CLOCK} (default: 60s unless --runs or --seeds is given)`, parseTime("--time"))
    .option("--seeds <a..b>", `${SEEDS}, instead of --seed and --runs (default: from --seed on)`, parseSeeds)
    .option("--workers <n>", "number of worker threads (default: the number of CPU cores)", (text) =>
      Number(parseCount("--workers")(text)),
    )
    .option(
      "--faults <kinds>",
      "draw only these kinds of fault, e.g. partition,crash (default: all; see zabsim list faults)",
      parseNames,
    )
    .option(
      "--strategy <name>",
      "how to draw plans, e.g. swarm (default: portfolio, which mixes all; see zabsim list strategies)",
    )
    .option(
      "--shard <i/n>",
      "run only the i-th of n parts, e.g. 1/4, to divide a campaign among machines (default: 1/1)",
      parseShard,
    )
    .option(
      "--out <dir>",
      "folder for findings and for the journal of the campaign",
      parseOutput("--out"),
      "zabsim-findings",
    )
    .option(
      "--reporter <kinds>",
      "output formats: text, json, junit, github, e.g. text,junit; junit writes DIR/junit.xml (default: text)",
      parseNames,
    )
    .option("--resume", "continue the campaign whose journal is in --out")
    .option("--strict", "treat known bugs of the release as findings: report them in full and exit with 1 or 4")
    .action(async (name, options) => done(await (await import("./fuzz.ts")).fuzz(name, options)));

  command(
    "coverage [dir]",
    "print what a campaign reached and what it never reached",
    "Prints the sync rules, messages, failures and faults that a campaign reached, and those it never " +
      "reached. The argument is the --out folder of the campaign (default: zabsim-findings).",
  ).action(async (dir, options) => done(await (await import("./coverage.ts")).coverage(dir, options)));

  command(
    "matrix",
    "show which ZooKeeper releases have which known bugs, and what an upgrade changes",
    "Without --release and --from, prints a table of known bugs by releases: runs the scenario of each bug in each " +
      "release, and in each release a campaign, which searches for failures without knowing the bugs. " +
      "--release prints the bugs of one release and runs no campaign. --from compares the bugs of two releases and " +
      "runs a campaign of rolling upgrades: three servers are restarted with the other release one after the other.",
  )
    .option(
      "--from <release>",
      "compare this release with --to: bugs that go, come and stay, and rolling upgrades (default: none)",
    )
    .option("--to <release>", "with --from: the release after the upgrade (default: the newest release)")
    .option(
      "--release <release>",
      "print only the bugs of this release, and the first release without each of them (default: all releases)",
    )
    .option("--bug <ticket>", "not with --from: show only this bug, e.g. 4646 for ZOOKEEPER-4646 (default: all)")
    .option(
      "--time <duration>",
      "not with --release: time limit of each campaign, e.g. 10s; 0s skips them (default: 30s)",
      parseTime("--time"),
    )
    .option("--seed <n>", "not with --release or --time 0s: first seed of the campaigns (default: 1)", parseSeed)
    .option(
      "--repeat <n>",
      "only for the table: number of campaigns in each release; the table shows medians (default: 1)",
      parseCount("--repeat"),
    )
    .option(
      "--out <dir>",
      "with --from: folder for the scenarios of new failures, made if there are any (default: zabsim-upgrade)",
    )
    .option("--markdown", "only for the table: print a Markdown page")
    .action(async (options) => done(await (await import("./matrix.ts")).matrix(options)));

  withScenario(
    command(
      "shrink <file>",
      "make a failing scenario smaller",
      "Removes and simplifies parts of a failing scenario as long as it still fails in the same way, and " +
        "writes the result to a file.",
    ),
  )
    .option(
      "--out <file>",
      "output file; if it exists, shrinking continues from it (default: NAME.min.yaml)",
      parseOutput("--out"),
    )
    .option("--runs <n>", "maximum number of runs (default: 20000)", parseCount("--runs"))
    .option("--time <duration>", `${WALL_CLOCK} (default: no limit)`, parseTime("--time"))
    .action(async (file, options) => done(await (await import("./shrink.ts")).shrink(file, options)));

  command(
    "decide",
    "answer one sync decision: DIFF, TRUNC or SNAP, and why",
    "Answers how a leader synchronizes a learner: DIFF, TRUNC or SNAP, with the packets, the reason, and the setting " +
      "that changes a SNAP into a DIFF. The question comes from a line of the leader's log, from options, or with " +
      "--stdin from JSON lines. zabsim treats a missing fact as unknown: if the answer depends on it, every " +
      "possible decision " +
      "is printed with its condition. A zxid is written as epoch:counter, e.g. 1:7, or in hex, e.g. 0x100000007.",
  )
    .argument("[log-line]", 'the leader\'s log line "Synchronizing with Learner sid: …", or - to read a log from stdin')
    .option("--peer <zxid>", "last zxid of the learner, e.g. 1:7 (default: that of the log line)")
    .option("--last <zxid>", "lastProcessedZxid of the leader, e.g. 1:9 (default: unknown)")
    .option(
      "--committed-log <ranges>",
      "committedLog of the leader, e.g. 1:1..1:5,2:1, or 1:1..2:7, or empty (default: unknown)",
    )
    .option(
      "--txn-log <ranges>",
      "one log file of the leader, e.g. 1:1..1:5; repeat it for each file, oldest first; empty if there is none " +
        "(default: unknown)",
      collect,
    )
    .option("--no-txn-log-sync", "the leader does not sync from its log files: snapshotSizeFactor is negative")
    .option("--txn-log-too-large", "the log files exceed the size of the snapshot times snapshotSizeFactor")
    .option("--txn-log-fits", "the log files do not exceed this size")
    .option("--force-snap", "zookeeper.forceSnapshotSync is on")
    .option("--zoo-cfg <file>", "zoo.cfg of the leader, for the settings that influence the decision (default: none)")
    .option("--to-be-applied <ranges>", "transactions that are committed and not yet applied (default: none)")
    .option("--outstanding <ranges>", "transactions that are proposed and not yet committed (default: none)")
    .option(
      "--last-proposed <zxid>",
      "lastProposed of the leader (default: the last of --to-be-applied, --outstanding)",
    )
    .option("--observer", "the learner is an observer")
    .option("--stdin", "read one JSON object per line and answer each with one line; see below")
    .option(
      "--zookeeper <release>",
      "ZooKeeper release that decides, e.g. 3.5.8 (default: the one that the log line matches, or newest)",
      parseRelease("--zookeeper"),
    )
    .action(async (line, options) => done(await (await import("./decide.ts")).decide(line, options)));

  command(
    "init [file]",
    "write a commented starter scenario",
    "Writes a small scenario that runs, with comments that explain each part. The argument is the name of the new " +
      "file (default: scenario.yaml). The first line names the schema, so that editors complete and check the file.",
  ).action(async (file, options) => done(await (await import("./init.ts")).init(file, options)));

  command(
    "list [what] [name]",
    "list scenarios, invariants, faults, releases, bugs and more",
    "Lists what zabsim has. The first argument is one or more of scenarios, invariants, faults, actions, " +
      "strategies, rules, releases, fixes, bugs and failures, separated by commas (default: all of them). With a " +
      "name, prints one entry in full. A bug can be named by its ticket, e.g. 4643.",
  ).action(async (what, name, options) => done(await (await import("./list.ts")).list(what, name, options)));

  textCommand(
    "completion <shell>",
    "print the script that completes commands, options and names in a shell",
    "Prints a script for bash, zsh or fish. With it, the Tab key completes commands, options, and the names of " +
      "scenarios, releases, faults and other fixed values. The script calls `zabsim complete` for each completion.",
  ).action(async (shell) => done(await (await import("./completion.ts")).completion(shell)));
  strict(program.command("complete [words...]", { hidden: true })).action(async (words) =>
    done(await (await import("./completion.ts")).complete(program, words)),
  );
  for (const one of program.commands) refuseRepeated(one);
  return program;
}
