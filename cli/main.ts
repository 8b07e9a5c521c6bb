/**
 * The entry of the command line: `main(argv)` parses, calls, and answers with an exit code. What concerns the process as a
 * whole (closed pipes, SIGINT, unexpected exceptions) is the launcher's, bin/zabsim.js. Commands live in files of their own
 * and are imported by their action, so that one command does not pay for what another loads.
 */
import { Command, CommanderError } from "commander";
import { EXIT_BAD_INPUT, EXIT_OK } from "./exit-codes.ts";
import {
  checkRelease,
  collect,
  parseCount,
  parseMoment,
  parseSeed,
  parseSeeds,
  parseServers,
  parseShard,
} from "./options.ts";
import { UsageError } from "./usage-error.ts";
import { VERSION } from "./version.ts";

export async function main(argv: readonly string[]): Promise<number> {
  let exitCode = EXIT_OK;
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
    // Commander has already said what was wrong; --help and --version end this way too, with 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_BAD_INPUT;
    if (!isBadInput(error) || argv.includes("--debug")) throw error;
    process.stderr.write(`zabsim: ${error.message}\n`);
    return EXIT_BAD_INPUT;
  }
}

/** Errors of packages that most commands do not load are recognized by name. */
const BAD_INPUT: readonly string[] = ["ScenarioError", "CampaignMismatchError"];

function isBadInput(error: unknown): error is Error {
  return error instanceof UsageError || (error instanceof Error && BAD_INPUT.includes(error.name));
}

function createProgram(done: (code: number) => void): Command {
  const program = new Command("zabsim");
  const strict = (command: Command): Command =>
    command
      .exitOverride()
      .allowExcessArguments(false)
      .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "zabsim: ")) });
  strict(program)
    .description("Deterministic simulation of the ZooKeeper leader/follower handshake")
    .version(VERSION)
    .showSuggestionAfterError(true);
  const command = (usage: string, description: string): Command =>
    strict(program.command(usage))
      .description(description)
      .option("--json", "one JSON document (or JSON lines) on stdout, nothing else")
      .option("--debug", "show stack traces");
  const running = (one: Command): Command =>
    one
      .option("--seed <n>", "the seed of the run: unsigned 64 bits, decimal or 0x hex", parseSeed)
      .option("--zookeeper <release>", "behavior profile", (release) => {
        checkRelease(release);
        return release;
      })
      .option("--set <path=value>", "override one field of the scenario (repeatable)", collect, []);

  running(command("run [scenarios...]", "run scenarios (default: all that ship) and print their sync-decision tables"))
    .option("--seeds <range>", "many seeds, as 1..1000: only what fails is told", parseSeeds)
    .option("--noise", "loss, delay, stalls, cuts, pauses, crashes and restarts on top; only invariants are checked")
    .option("--check-determinism", "run each twice and name the first event that differs")
    .option("--update-golden", "write the golden output beside each file")
    .action(async (names, options) => done(await (await import("./run.ts")).run(names, options)));

  running(command("replay <scenario>", "one run in full: the timeline, then the report"))
    .option("--from <time>", "from this moment on", parseMoment("--from"))
    .option("--until <time>", "up to this moment", parseMoment("--until"))
    .option("--server <ids>", "only these servers, as 1 or 1,3", parseServers)
    .option("--only <kinds>", "only these kinds of event, as sync-decided,failed", (text) => text.split(","))
    .option("--noise", "with the noise that `run --noise` adds")
    .option("--messages", "every message that arrives, too")
    .action(async (name, options) => done(await (await import("./replay.ts")).replay(name, options)));

  running(command("fuzz [scenario]", "a campaign: plans drawn seed after seed, what fails shrunk and explained"))
    .option("--runs <n>", "so many seeds, from --seed on", parseCount("--runs"))
    .option("--time <time>", "so long, as 60s (default, without --runs and --seeds)", parseMoment("--time"))
    .option("--seeds <a..b>", "these seeds, both included", parseSeeds)
    .option("--workers <n>", "worker threads (default: one a core)", (text) => Number(parseCount("--workers")(text)))
    .option("--faults <kinds>", "only these faults, as partition,crash (see list faults)", (text) => text.split(","))
    .option("--strategy <name>", "portfolio (default), swarm, uniform, pct, delay-bounded, mutation")
    .option("--shard <i/n>", "the i-th of n parts", parseShard)
    .option("--out <dir>", "where findings and the journal go", "zabsim-findings")
    .option(
      "--reporter <kinds>",
      "text, json, junit, github (junit goes to DIR/junit.xml)",
      (text) => text.split(","),
      [],
    )
    .option("--resume", "goes on with the campaign in DIR")
    .option("--strict", "known bugs of the release count as findings, too")
    .action(async (name, options) => done(await (await import("./fuzz.ts")).fuzz(name, options)));

  command("coverage [dir]", "what the campaign in DIR has reached, and what never").action(async (dir, options) =>
    done(await (await import("./fuzz.ts")).coverage(dir ?? "zabsim-findings", options)),
  );

  command("matrix", "known bugs against ZooKeeper releases: shown by their scenarios, found by campaigns")
    .option("--release <release>", "only what this release can lose, and the first release free of it")
    .option("--bug <ticket>", "only this one, as 4646")
    .option(
      "--time <time>",
      "a campaign in each release, at most so long; 0s: none (default: 30s)",
      parseMoment("--time"),
    )
    .option("--seed <n>", "base seed of the campaigns (default: 1)", parseSeed)
    .option("--repeat <n>", "campaigns from so many base seeds, told as medians (default: 1)", parseCount("--repeat"))
    .option("--markdown", "as a page")
    .action(async (options) => done(await (await import("./matrix.ts")).matrix(options)));

  running(command("shrink <file>", "makes a failing scenario as small as it gets"))
    .option("--out <file>", "where it goes (default: FILE.min.yaml, which a second call takes up)")
    .option("--runs <n>", "at most so many runs (default: 20000)", parseCount("--runs"))
    .option("--time <time>", "at most so long", parseMoment("--time"))
    .action(async (file, options) => done(await (await import("./shrink.ts")).shrink(file, options)));

  command("decide", "the sync decision alone, and why: from flags, or from JSON lines")
    .option("--stdin", "read one JSON object a line, answer one a line")
    .option("--peer <zxid>", "the learner's last zxid")
    .option("--last <zxid>", "the leader's lastProcessedZxid (default: the end of its log)")
    .option("--committed-log <ranges>", "the leader's committedLog, as 1:1..1:5,2:1")
    .option("--txn-log <ranges>", "one file of its log on disk, oldest first (repeatable)", collect, [])
    .option("--no-txn-log-sync", "snapshotSizeFactor is negative")
    .option("--txn-log-too-large", "the log exceeds snapshot size * snapshotSizeFactor")
    .option("--force-snap", "zookeeper.forceSnapshotSync")
    .option("--to-be-applied <ranges>", "committed, not yet applied")
    .option("--outstanding <ranges>", "proposed, not yet committed")
    .option("--last-proposed <zxid>", "default: the last of the two above")
    .option("--observer", "the learner is an observer")
    .option("--zookeeper <release>", "who decides (default: newest)", (release) => {
      checkRelease(release);
      return release;
    })
    .action(async (options) => done(await (await import("./decide.ts")).decide(options)));

  command(
    "list [what]",
    "what there is: scenarios,invariants,faults,actions,strategies,rules,releases,fixes,bugs",
  ).action(async (what, options) => done(await (await import("./list.ts")).list(what, options)));
  return program;
}
