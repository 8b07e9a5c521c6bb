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
  parseEvent,
  parseNames,
  parseOutput,
  parseOutputFolder,
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
 * The names of the error classes for bad input. Comparing names avoids importing the modules of these classes, which
 * most commands do not load.
 */
const BAD_INPUT: readonly string[] = [
  "ScenarioError",
  "CampaignMismatchError",
  "JournalError",
  "OutputError",
  "DirectoryError",
];

/** Messages for errors of the operating system that the user can fix, by error code. */
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

/**
 * Makes the command refuse an option that the user gives twice. Without this check, commander ignores the first value.
 */
function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if ((!option.required && !option.optional) || option.parseArg === collect || option.variadic) continue;
    let isGiven = false;
    command.on(`option:${option.name()}`, () => {
      if (isGiven) throw new UsageError(`${option.long} is given twice (accepted: once)`);
      isGiven = true;
    });
  }
}

const SEED_OF_RUN = "seed of the run: unsigned 64-bit integer, e.g. 42 or 0x2a (default: the scenario's seed, or 1)";
const FIRST_SEED = "first seed of the campaign: unsigned 64-bit integer, e.g. 42 or 0x2a (default: 1)";
const SEEDS = "seeds to run, both ends included, e.g. 1..1000";
const RELEASE_OF_SERVERS =
  "ZooKeeper release that servers behave like, e.g. 3.6.2 (default: the scenario's release, or newest)";
const JSON_DOCUMENT = "print one JSON document to stdout and nothing else";
const JSON_LINES = "print one JSON object per line to stdout and nothing else";
const EXPORT_FORMAT_NAMES = "jsonl, shiviz, perfetto, mermaid, dot or zklog";
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
      "Runs scenarios. For each scenario, prints a verdict, the sync decisions and every violated invariant. " +
        "A scenario is the path of a file, or a name from `zabsim list scenarios`. If no scenario is named, runs " +
        "all scenarios that ship with zabsim, and prints a summary and the reports of failed scenarios.",
    ),
  )
    .option(
      "-v, --verbose",
      "print the report of every scenario, even if no scenario is named (default: only a summary)",
    )
    .option(
      "--seeds <a..b>",
      `${SEEDS}; divides the seeds among the scenarios; prints only failing runs (default: only the seed of --seed)`,
      parseSeeds,
    )
    .option(
      "--noise",
      "add faults and writes that depend on the seed, as a campaign does; each violated invariant is a failure",
    )
    .option("--check-determinism", "run each scenario twice and report the first event that differs")
    .option("--update-golden", "write each report to NAME.golden.txt next to its scenario file")
    .action(async (names, options) => done(await (await import("./run.ts")).run(names, options)));

  withScenario(
    command(
      "replay <scenario>",
      "print one run event by event",
      "Runs one scenario and prints its timeline and its report. If the run violated an invariant, an explanation " +
        "follows. Each line of the timeline shows the virtual time in seconds, the server, and the event. If the " +
        "event is a step of the scenario, the line shows - instead of a server.",
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
    .option("--noise", "add the same faults and writes as `run --noise` with this seed")
    .option("--messages", "also show each message that a server receives")
    .option("--step", "open a debugger that steps through the run forward and back; ? lists its keys")
    .action(async (name, options) => done(await (await import("./replay.ts")).replay(name, options)));

  withScenario(
    textCommand(
      "export <scenario>",
      "write one run as JSON Lines, a diagram or a trace for other tools",
      "Runs one scenario and writes its events in a format for other tools: jsonl (JSON Lines, see " +
        "schema/events.schema.json), shiviz (ShiViz), perfetto (ui.perfetto.dev and chrome://tracing), mermaid (a " +
        "sequence diagram), dot (Graphviz: everything that led to a violation) or zklog (a ZooKeeper log of each " +
        "server, in the words of its release, which `zabsim explain` reads).",
    ),
  )
    .option("--format <name>", `${EXPORT_FORMAT_NAMES} (default: jsonl)`)
    .option(
      "--out <path>",
      "file to write; with --format zklog, the folder to which to write server-1.log and so on (default: stdout)",
      parseOutput("--out"),
    )
    .option(
      "--disks",
      "with --format zklog and --out: also write the disk of each server at the end of the run as a data directory, " +
        "e.g. server-1 next to server-1.log",
    )
    .option("--from <time>", "first virtual time to export, e.g. 200ms, 1.5s or 0.25 (default: 0)", parseTime("--from"))
    .option("--until <time>", "last virtual time to export, e.g. 1.5s (default: the end)", parseTime("--until"))
    .option("--server <ids>", "export only events at these servers, e.g. 1 or 1,3 (default: all)", parseServers)
    .option(
      "--only <kinds>",
      "export only these kinds of event, e.g. send,deliver,sync-decided,violation (default: all for jsonl and " +
        "perfetto; for the other formats, the kinds that make a readable diagram)",
      parseNames,
    )
    .option(
      "--event <id>",
      "with --format dot: the event whose causes to draw, by its id in the jsonl format, e.g. 338 (default: the " +
        "first violation)",
      parseEvent,
    )
    .option("--noise", "add the same faults and writes as `run --noise` with this seed")
    .action(async (name, options) => done(await (await import("./export.ts")).exportScenario(name, options)));

  withScenario(
    command(
      "view [files...]",
      "write a page that runs a scenario in the browser, or shows the logs of servers, and steps through it",
      "Writes one HTML file that runs the scenario in the browser. The page needs no server and no network. It shows " +
        "the messages and the state of each server at any moment, explains violations, and shows what happens if you " +
        "crash a server or drop a message at that moment. If the arguments are logs of real servers, as for `zabsim " +
        "explain`, the page shows what the logs say, in the same way. Prints the name of the file.",
    ),
  )
    .option("--out <file>", "output file (default: NAME.html)", parseOutput("--out"))
    .option("--open", "open the page in the browser")
    .option(
      "--compare <release>",
      "also show the run in another release, e.g. 3.9.4 (default: one run)",
      parseRelease("--compare"),
    )
    .option("--compare-seed <n>", "also show the run with another seed, e.g. 2 (default: one run)", parseSeed)
    .option(
      "--server <n=file>",
      "the server that wrote a log, e.g. 3=zk.log, if its lines do not show the id; repeatable (default: the ids in " +
        "the lines)",
      collect,
    )
    .option(
      "--from <time>",
      'with logs: first time to show, e.g. "2026-11-25 18:19:43" or 18:19:43 (default: the first)',
    )
    .option("--until <time>", "with logs: last time to show, e.g. 18:20 (default: the last)")
    .action(async (files, options) => done(await (await import("./view.ts")).view(files, options)));

  command(
    "playground",
    "write a page with an editor for scenarios and the shipped scenarios as a gallery",
    "Writes one HTML file with an editor for scenarios. The page needs no server and no network. It completes " +
      "fields, shows errors next to the text, and runs the scenario again after each change. The gallery contains " +
      "the scenarios that ship with zabsim. Prints the name of the file.",
  )
    .option("--out <file>", "output file (default: playground.html)", parseOutput("--out"))
    .option("--open", "open the page in the browser")
    .action(async (options) => done(await (await import("./playground.ts")).playground(options)));

  withScenario(
    command(
      "fuzz [scenario]",
      "search for failures with random faults; shrink and explain them",
      "Runs a campaign. For each seed, generates a plan (servers, client writes and faults) and runs it. Checks " +
        "every invariant, and that the servers serve again after all faults are undone. Shrinks and explains each " +
        "failure, and writes it to --out as a scenario file. If a scenario is named, each plan is this scenario " +
        "with additional faults and writes.",
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
    .option("--seeds <a..b>", `${SEEDS}; replaces --seed and --runs (default: all seeds from --seed on)`, parseSeeds)
    .option("--workers <n>", "number of worker threads (default: the number of CPU cores)", (text) =>
      Number(parseCount("--workers")(text)),
    )
    .option(
      "--faults <kinds>",
      "kinds of faults to inject, e.g. partition,crash (default: all; see zabsim list faults)",
      parseNames,
    )
    .option(
      "--strategy <name>",
      "how to generate plans, e.g. swarm (default: portfolio, which mixes all strategies; see zabsim list strategies)",
    )
    .option(
      "--from <dirs...>",
      "data directories of servers, or N=DIR, from which each plan starts, in place of a scenario; see zabsim doctor " +
        "(default: none)",
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
      "output formats: text, json, junit, github, html, e.g. text,html; junit writes junit.xml and html writes " +
        "report.html to --out (default: text)",
      parseNames,
    )
    .option("--resume", "continue the campaign whose journal is in --out")
    .option(
      "--strict",
      "treat known bugs of the release and limits that are too short as findings: report them in full and exit with " +
        "1 or 4",
    )
    .action(async (name, options) => done(await (await import("./fuzz.ts")).fuzz(name, options)));

  command(
    "coverage [dir]",
    "print which rules, messages and faults a campaign reached",
    "Prints the sync rules, messages, failures and faults that a campaign reached, and the rules and faults that it " +
      "never reached. The argument is the --out folder of the campaign (default: zabsim-findings).",
  ).action(async (dir, options) => done(await (await import("./coverage.ts")).coverage(dir, options)));

  command(
    "matrix",
    "show which ZooKeeper releases have which known bugs, and what an upgrade changes",
    "Prints a table that shows which ZooKeeper releases have which known bugs. For each release, runs the " +
      "scenario of each bug, and a campaign that searches for failures without using these scenarios. With " +
      "--release, prints the bugs of one release and runs no campaign. With --from, compares the bugs of two " +
      "releases and runs a campaign of rolling upgrades: three servers restart with the other release one by one.",
  )
    .option(
      "--from <release>",
      "release before the upgrade: print the bugs that the upgrade to --to removes, adds and keeps (default: none)",
    )
    .option("--to <release>", "release after the upgrade; only with --from (default: the newest release)")
    .option(
      "--release <release>",
      "print only the bugs of this release, and the first release without each of them (default: all releases)",
    )
    .option(
      "--bug <names>",
      "show only these bugs: numbers of tickets or names of scenarios, separated by commas, e.g. 4646,3829; not with " +
        "--from (default: all)",
    )
    .option(
      "--time <duration>",
      "time limit of each campaign, e.g. 10s; 0s runs no campaign; not with --release (default: 30s)",
      parseTime("--time"),
    )
    .option("--seed <n>", "first seed of the campaigns; not with --release or --time 0s (default: 1)", parseSeed)
    .option(
      "--repeat <n>",
      "number of campaigns in each release; the table shows medians; not with --release or --from (default: 1)",
      parseCount("--repeat"),
    )
    .option(
      "--out <dir>",
      "folder for the scenario files of failures without a known cause; only with --from (default: zabsim-upgrade)",
      parseOutputFolder("--out"),
    )
    .option("--markdown", "print the table as a Markdown page; not with --release or --from")
    .option("--html", "print the table as an HTML page; not with --markdown, --release or --from")
    .action(async (options) => done(await (await import("./matrix.ts")).matrix(options)));

  command(
    "judge [behavior]",
    "show what an open pull request or a fix changes",
    "Shows what an open pull request of ZooKeeper, or one of zabsim's fixes, changes. Runs each kept scenario and " +
      "each shipped scenario without and with the behavior, and two campaigns with the same seeds. Prints what the " +
      "behavior fixes, what it breaks, and what still fails. The argument is the number of a pull request or of its " +
      "ticket, e.g. 2172, the name of a fix, e.g. snapReplacesLog, or a scenario of the bug that the fix fixes. " +
      "--list prints them all.",
  )
    .option("--list", "print the pull requests and the fixes, and judge none; only with --json")
    .option(
      "--scenarios <names>",
      "run only these scenarios: names or paths, separated by commas (default: all that ship)",
      parseNames,
    )
    .option(
      "--zookeeper <release>",
      "release to judge on (default: the newest published one; 3.9.1 for pull request 1925)",
      parseRelease("--zookeeper"),
    )
    .option(
      "--plans <n>",
      "number of plans of each campaign; not with --time 0s (default: 2000)",
      parseCount("--plans"),
    )
    .option(
      "--time <duration>",
      "time limit of the first campaign, e.g. 20s; the second one runs the same plans; 0s runs no campaigns " +
        "(default: 60s)",
      parseTime("--time"),
    )
    .option("--seed <n>", "first seed of the campaigns; not with --time 0s (default: 1)", parseSeed)
    .option(
      "--out <dir>",
      "folder for the scenario files of findings that the behavior causes; not with --time 0s (default: zabsim-judge)",
      parseOutputFolder("--out"),
    )
    .action(async (name, options) => done(await (await import("./judge.ts")).judge(name, options)));

  command(
    "probe <address>",
    "ask a real leader how it would synchronize a learner",
    "Connects to the quorum port of a real leader, the first port of server.N in zoo.cfg, and does the handshake of " +
      "an observer with the given last zxid. Prints the epoch that the leader proposes, its decision DIFF, TRUNC or " +
      "SNAP, the packets up to NEWLEADER, and the rules by which zabsim's core decides so. Then it leaves without an " +
      "ACK of NEWLEADER, so the leader changes nothing on its disk. What the leader sees: one connection; " +
      "OBSERVERINFO with acceptedEpoch 0, which raises no epoch; ACKEPOCH; log lines about the synchronization and " +
      "an exception when the connection ends; an observer in its metrics meanwhile. A SNAP costs the leader a whole " +
      "snapshot, and one of its 10 concurrent ones. A leader without its quorum sends nothing until it has one; one " +
      "of 3.4.10 to 3.4.12 then counts any observer toward the quorum of the epoch (ZOOKEEPER-2959), so probe only " +
      "established ones.",
  )
    .option("--zxid <zxid>", "last zxid of the learner, e.g. 1:7 or 0x100000007 (default: 0:0, an empty learner)")
    .option(
      "--epoch <n>",
      "currentEpoch of the learner, at most the epoch that the leader proposes; -1 is neither compared nor counted " +
        "(default: -1)",
    )
    .option(
      "--sid <n>",
      "server id of the learner; not that of a voter, which an unestablished leader would count (default: -1000)",
    )
    .option(
      "--zookeeper <release>",
      "release of the leader, for its rules (default: newest)",
      parseRelease("--zookeeper"),
    )
    .option(
      "--timeout <duration>",
      "give up if the leader sends nothing for this long, e.g. 30s (default: 10s)",
      parseTime("--timeout"),
    )
    .action(async (address, options) => done(await (await import("./probe.ts")).probe(address, options)));

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
    "print how a leader synchronizes a learner (DIFF, TRUNC or SNAP), and why",
    "Prints how a leader synchronizes a learner (DIFF, TRUNC or SNAP), the packets, the reason and, for a SNAP, the " +
      "setting to change so that the leader sends a DIFF instead. Describe the leader and the learner by a line of " +
      "the leader's log, by options, or by JSON lines and --stdin. Facts that you do not give are unknown: if the " +
      "decision depends on them, every possible decision is printed with its condition. A zxid is written as " +
      "epoch:counter, e.g. 1:7, or in hex, e.g. 0x100000007.",
  )
    .argument("[log-line]", 'the leader\'s log line "Synchronizing with Learner sid: …", or - to read it from stdin')
    .option("--peer <zxid>", "last zxid of the learner, e.g. 1:7 (default: the one in the log line)")
    .option("--last <zxid>", "lastProcessedZxid of the leader, e.g. 1:9 (default: unknown)")
    .option(
      "--committed-log <ranges>",
      "committedLog of the leader, e.g. 1:1..1:5,2:1 or 1:1..2:7; `empty` if it has no transactions (default: unknown)",
    )
    .option(
      "--txn-log <ranges>",
      "transactions in one log file of the leader, e.g. 1:1..1:5; repeatable, the oldest file first; `empty` if the " +
        "leader has no log file (default: unknown)",
      collect,
    )
    .option(
      "--no-txn-log-sync",
      "the leader does not synchronize from its log files, because snapshotSizeFactor is negative",
    )
    .option("--txn-log-too-large", "the log files are larger than snapshotSizeFactor times the newest snapshot")
    .option("--txn-log-fits", "the log files are not larger than snapshotSizeFactor times the newest snapshot")
    .option("--force-snap", "zookeeper.forceSnapshotSync is on")
    .option(
      "--zoo-cfg <file>",
      "zoo.cfg of the leader; zabsim reads the settings that influence the decision (default: none)",
    )
    .option("--to-be-applied <ranges>", "transactions that are committed and not yet applied (default: none)")
    .option("--outstanding <ranges>", "transactions that are proposed and not yet committed (default: none)")
    .option(
      "--last-proposed <zxid>",
      "lastProposed of the leader (default: the highest zxid in --to-be-applied and --outstanding)",
    )
    .option("--observer", "the learner is an observer")
    .option("--stdin", "read one JSON object per line, and print one line for each; see below")
    .option(
      "--zookeeper <release>",
      "ZooKeeper release of the leader, e.g. 3.5.8 (default: a release that writes such a log line, or newest)",
      parseRelease("--zookeeper"),
    )
    .action(async (line, options) => done(await (await import("./decide.ts")).decide(line, options)));

  command(
    "explain [logs...]",
    "explain what real servers did, from their logs: roles, epochs, sync decisions, findings",
    "Reads the logs of real ZooKeeper servers (3.4 to 3.9) and explains what the handshake did and why: the role of " +
      "each server over time, every synchronization with its facts, decision and rule, and findings with the lines " +
      "that show them. Give the logs of all servers together. An argument is a log file, plain or gzip, or a folder " +
      "with logs; several files of one server belong together. zabsim reads ZooKeeper's own log4j and logback " +
      "patterns, with or without prefixes of kubectl, containers, syslog and journald, and JSON lines. It prints " +
      "nothing of the content of a transaction.",
  )
    .option(
      "--server <n=file|ids>",
      "the server that wrote a file, e.g. 3=zk.log, if its lines do not show the id; or the servers of the timeline, " +
        "e.g. 1,3; repeatable (default: the ids in the lines)",
      collect,
    )
    .option(
      "--zookeeper <release>",
      "release by whose rules all decisions are checked, e.g. 3.5.8 (default: the release in each log)",
      parseRelease("--zookeeper"),
    )
    .option("--timeline", "print the timeline of all events instead of the report")
    .option("--from <time>", 'start of the timeline, e.g. "2026-11-25 18:19:43" or 18:19:43 (default: the first event)')
    .option("--until <time>", "end of the timeline, e.g. 18:20 (default: the last event)")
    .action(async (logs, options) => done(await (await import("./explain.ts")).explain(logs, options)));

  command(
    "reconstruct [paths...]",
    "turn the logs and disks of an incident into a scenario that does the same",
    "Reads the logs of the servers, as explain does, and searches for a scenario whose run shows the same elections, " +
      "epochs, leaders, sync decisions, truncations and exits, in the same order. Also reads data directories, as " +
      "doctor does: at its end, the run has the same epochs and transactions on the disks. The arguments are log " +
      "files, data directories, and folders with both; zabsim recognizes them by their content. The logs show when " +
      "processes start " +
      "and end, and what they decide. They do not show the writes of clients, delays of messages and disks, or the " +
      "writes that a crash loses: the search chooses these. Prints what the run has in common with the files and " +
      "what it has not, and writes the scenario. Give the logs of all servers together, from a start of each server " +
      "on.",
  )
    .option("--out <file>", "scenario file to write (default: incident.yaml)", parseOutput("--out"))
    .option("--time <duration>", "stop the search after this long, e.g. 30s (default: 60s)", parseTime("--time"))
    .option(
      "--runs <n>",
      "stop the search after this number of runs, e.g. 5000; the result then does not depend on the speed of the " +
        "machine (default: no limit)",
      parseCount("--runs"),
    )
    .option("--seed <n>", "seed of the search, e.g. 7 (default: 1)", parseSeed)
    .option(
      "--server <n=path>",
      "the server of a log whose lines do not show the id, e.g. 3=zk.log, or of a data directory without myid: " +
        "N=DIR, or N=DIR,LOGDIR with a separate dataLogDir; repeatable (default: the ids in the files)",
      collect,
    )
    .action(async (paths, options) => done(await (await import("./reconstruct.ts")).reconstruct(paths, options)));

  command(
    "plan-roll <from> <to>",
    "find the safe order of restarts for a new list of servers",
    "Runs a planned roll of static server lists in the simulator: each server restarts with the new list, new " +
      "servers start, and removed servers stop. Tries all orders, or some of them for large ensembles, without a " +
      "crash and with a crash of each server after each step. Divides the network into two sides after each step of " +
      "the order to use. Prints which orders are safe, lose availability or can " +
      "lose data, and the order to use. The arguments are the zoo.cfg (or the dynamic configuration file) before and " +
      "after the roll. zabsim reads server.N, group.N, weight.N, dynamicConfigFile, reconfigEnabled and " +
      "standaloneEnabled.",
  )
    .option(
      "--zookeeper <release>",
      "ZooKeeper release of all servers, e.g. 3.5.8 (default: newest)",
      parseRelease("--zookeeper"),
    )
    .option(
      "--out <dir>",
      "folder for scenario files: one for each rule whose orders fail, as the input of zabsim run (default: none)",
      parseOutput("--out"),
    )
    .action(async (from, to, options) => done(await (await import("./plan-roll.ts")).planRoll(from, to, options)));

  command(
    "join",
    "run the core as a server of a real ensemble",
    "Runs the core as one server of a real ensemble, with the ports, the data directory and the limits of a zoo.cfg, " +
      "and prints what the server does. It follows, observes or leads as the ensemble decides. Its files have " +
      "ZooKeeper's own formats. Clients cannot connect to the server.",
    JSON_LINES,
  )
    .requiredOption("--config <file>", "zoo.cfg of the server (required)")
    .option(
      "--zookeeper <release>",
      "ZooKeeper release that the server behaves like (default: newest)",
      parseRelease("--zookeeper"),
    )
    .option("--myid <n>", "id of the server (default: the file myid in dataDir)", parseCount("--myid"))
    .option(
      "--trace <file>",
      "write each input and each output of the core to this file, as JSON lines (default: none)",
    )
    .option("--until <moment>", "end when the server is synced with the leader: synced (default: Ctrl-C)")
    .action(async (options) => done(await (await import("./join.ts")).join(options)));

  command(
    "proxy",
    "perform the network steps of a scenario between real servers",
    "Sits between the servers of a real ensemble: each server finds the others at addresses of the proxy. Passes on " +
      "their connections, and performs the network steps of a scenario on them: cuts, delays, dropped and held " +
      "messages, and more. Prints the packets of the handshakes and the steps as they happen, and at the end the " +
      "sync decisions of the servers and the number of messages on each link.",
  )
    .requiredOption("--config <file>", "YAML file with the addresses of the servers (required)")
    .option("--scenario <file>", "scenario whose network steps to perform (default: none)")
    .option(
      "--until <time>",
      "stop after this time, e.g. 60s (default: that of the scenario, or Ctrl-C)",
      parseTime("--until"),
    )
    .option("--trace <file>", "write each message and each connection to this file, as JSON lines (default: none)")
    .option(
      "--zookeeper <release>",
      "ZooKeeper release of the servers, e.g. 3.4.14: its messages and its rules (default: newest)",
      parseRelease("--zookeeper"),
    )
    .action(async (options) => done(await (await import("./proxy.ts")).proxy(options)));

  command(
    "doctor [dirs...]",
    "read the data directories of an ensemble: what is lost, who can lead, what to do",
    "Reads the data directories (copies, or those of stopped servers) of the servers of an ensemble, and writes " +
      "nothing to them. Prints what each server loads and whether it starts, which transactions are on a quorum, and " +
      "where histories diverge. Then starts every set of servers that contains a quorum in every order in the " +
      "simulator, and prints who leads, what is removed, and whether a committed transaction is lost. The advice at " +
      "the end was carried out in the simulator. Each argument is a dataDir with the file myid and the folder " +
      "version-2.",
  )
    .option(
      "--zookeeper <release>",
      "ZooKeeper release that starts on the directories, e.g. 3.8.4 (default: newest)",
      parseRelease("--zookeeper"),
    )
    .option(
      "--release <n=release>",
      "ZooKeeper release of server N, if it differs from --zookeeper, e.g. 2=3.6.4; repeatable (default: none)",
      collect,
    )
    .option(
      "--config <file>",
      "zoo.cfg of a server; repeatable; without directories, its dataDir and dataLogDir are read (default: the " +
        "servers in the snapshots, or one voter for each directory)",
      collect,
    )
    .option(
      "--server <n=dir>",
      "directory of server N, e.g. 1=/backup/zk1, or 1=DIR,LOGDIR with a separate dataLogDir; repeatable " +
        "(default: none)",
      collect,
    )
    .option(
      "--scenario <file>",
      "write the disks to this file as a scenario, as the input of zabsim run and fuzz (default: none)",
      parseOutput("--scenario"),
    )
    .action(async (dirs, options) => done(await (await import("./doctor.ts")).doctor(dirs, options)));

  command(
    "confirm <scenario>",
    "run a scenario on real ZooKeeper servers and compare",
    "Runs the scenario in the simulator, and then on real, unmodified servers of a release, in the same " +
      "order: a proxy holds packets, and a preloaded library holds disk operations, until the server has come " +
      "as far as the simulated one. Prints confirmed if the real servers show at least one violation of the " +
      "simulated run (or, if it has none, do the same), refuted with the first difference, or not " +
      "stageable with the reason. Needs Linux, Java, a C compiler, and the jars of the release. The servers use " +
      "only addresses 127.x.y.z, and end with the command.",
  )
    .option(
      "--release <release>",
      "ZooKeeper release of the servers, e.g. 3.8.4 (default: the newest published one)",
      parseRelease("--release"),
    )
    .option(
      "--classpath <jars>",
      "jars of the release and of its dependencies, separated as in Java's -cp (default: those in the local Maven " +
        "repository)",
    )
    .option("--tries <n>", "number of times to run the servers; all must confirm (default: 1)", parseCount("--tries"))
    .option("--seed <n>", "seed of the simulated run (default: that of the scenario)", parseSeed)
    .option("-v, --verbose", "also print each step of the servers to stderr")
    .action(async (scenario, options) => done(await (await import("./confirm.ts")).confirm(scenario, options)));

  command(
    "init [file]",
    "write a commented starter scenario",
    "Writes a small, complete scenario with comments that explain each part. The argument is the name of the new " +
      "file (default: scenario.yaml). The first line names the schema, so that editors complete and check the file.",
  ).action(async (file, options) => done(await (await import("./init.ts")).init(file, options)));

  command(
    "list [what] [name]",
    "list scenarios, invariants, faults, releases, bugs and more",
    "Lists items of one or more kinds. The first argument is a kind, or several kinds separated by commas: " +
      "scenarios, invariants, faults, actions, strategies, rules, releases, fixes, bugs, failures (default: all). " +
      "The second argument is the name of one item to print in full. A bug can also be named by its ticket, e.g. 4643.",
  ).action(async (what, name, options) => done(await (await import("./list.ts")).list(what, name, options)));

  textCommand(
    "completion <shell>",
    "print the script that completes commands, options and names in a shell",
    "Prints a script for bash, zsh or fish. If a shell has loaded the script, the Tab key completes commands, " +
      "options, and names such as those of scenarios, releases and faults. For each completion, the script runs " +
      "`zabsim complete`.",
  ).action(async (shell) => done(await (await import("./completion.ts")).completion(shell)));
  strict(program.command("complete [words...]", { hidden: true })).action(async (words) =>
    done(await (await import("./completion.ts")).complete(program, words)),
  );
  for (const one of program.commands) refuseRepeated(one);
  return program;
}
