/**
 * The text that `zabsim COMMAND --help` prints after the options: examples, and the exit codes of the command.
 * test/package/docs-commands.test.ts runs the examples.
 */
import {
  EXIT_BAD_INPUT,
  EXIT_DEFECT,
  EXIT_FINDING,
  EXIT_INTERRUPTED,
  EXIT_LIVENESS,
  EXIT_NONDETERMINISM,
  EXIT_OK,
  EXIT_TERMINATED,
} from "./exit-codes.ts";

interface CommandHelp {
  /** Command lines, each with a description of its effect. */
  readonly examples: readonly (readonly [command: string, effect: string])[];
  /** Lines that explain the input format of the command. Absent if the command has no input format of its own. */
  readonly notes?: readonly string[];
  /** The exit codes of the command with their meanings, without the codes that all commands share. */
  readonly exitCodes: readonly (readonly [code: number, meaning: string])[];
}

/** Returns the exit codes of a command that handles Ctrl-C and SIGTERM. */
const interrupted = (effect: string): readonly (readonly [number, string])[] => [
  [EXIT_INTERRUPTED, `interrupted by Ctrl-C; ${effect}`],
  [EXIT_TERMINATED, `interrupted by SIGTERM; ${effect}`],
];
const INTERRUPTED = interrupted("results so far are printed");

export const HELP = {
  run: {
    examples: [
      ["zabsim run", "run every scenario that ships with zabsim, and print a summary"],
      ["zabsim run follower-ahead-trunc --seed 7", "run one shipped scenario with seed 7"],
      ["zabsim run mine.yaml --seeds 1..1000", "run your own file with 1000 seeds"],
      ["zabsim run -v", "run every scenario that ships with zabsim, and print every report"],
    ],
    exitCodes: [
      [EXIT_OK, "every run met the expectations of its scenario"],
      [EXIT_FINDING, "a run did not meet an expectation of its scenario, or violated an invariant unexpectedly"],
      [EXIT_NONDETERMINISM, "--check-determinism found a difference"],
      [EXIT_LIVENESS, "servers did not serve again after all faults were undone; there was no other failure"],
      ...INTERRUPTED,
    ],
  },
  replay: {
    examples: [
      ["zabsim replay follower-ahead-trunc", "print every event of the run"],
      ["zabsim replay mine.yaml --server 3 --from 0.2", "print only events at server 3, from 0.2 s on"],
      ["zabsim replay mine.yaml --only sync-decided,failed", "print only sync decisions and failures"],
      ["zabsim replay mine.yaml --only voted,election-waited,election-link,elected", "print only the elections"],
    ],
    notes: ["The argument can also be a trace of zabsim join --trace: a new core gets its inputs."],
    exitCodes: [
      [EXIT_OK, "the run met the expectations of its scenario"],
      [EXIT_FINDING, "the run did not meet an expectation of the scenario, or violated an invariant unexpectedly"],
      [EXIT_NONDETERMINISM, "a trace was given, and the new core did something else"],
      [EXIT_LIVENESS, "servers did not serve again after all faults were undone; there was no other failure"],
      [EXIT_INTERRUPTED, "--step was ended by Ctrl-C; q ends it with 0"],
    ],
  },
  export: {
    examples: [
      ["zabsim export follower-ahead-trunc", "print every event of the run as a line of JSON"],
      ["zabsim export mine.yaml --format perfetto --out trace.json", "write a trace; open it in ui.perfetto.dev"],
      ["zabsim export mine.yaml --format mermaid --from 0.2", "print a sequence diagram of the run from 0.2 s on"],
      [
        "zabsim export zookeeper-4643-current-epoch-before-diff-is-logged --format dot --out cause.dot",
        "draw what led to the violation; `dot -Tsvg cause.dot` makes a picture",
      ],
    ],
    exitCodes: [
      [EXIT_OK, "the run was written, and it met the expectations of its scenario"],
      [EXIT_FINDING, "the run was written; it did not meet an expectation, or violated an invariant unexpectedly"],
      [EXIT_LIVENESS, "the run was written; servers did not serve again after all faults were undone"],
    ],
  },
  view: {
    examples: [
      ["zabsim view follower-ahead-trunc", "write follower-ahead-trunc.html"],
      ["zabsim view mine.yaml --seed 7 --out page.html", "write the run of your own scenario with seed 7"],
      [
        "zabsim view zookeeper-4643-current-epoch-before-diff-is-logged --zookeeper 3.9.1 --compare 3.9.4",
        "show a bug in one release, next to the same run in another one",
      ],
      ["zabsim view zk1.log zk2.log zk3.log", "write logs.html, which shows what the logs of three servers say"],
    ],
    notes: [
      "The page shows the violations of the run, or the findings in the logs. The exit code does not depend on them.",
      "zabsim looks at the content of a file to tell a scenario from a log.",
    ],
    exitCodes: [[EXIT_OK, "the page is written"]],
  },
  playground: {
    examples: [
      ["zabsim playground", "write playground.html"],
      ["zabsim playground --out editor.html", "write editor.html"],
    ],
    exitCodes: [[EXIT_OK, "the page is written"]],
  },
  fuzz: {
    examples: [
      ["zabsim fuzz --time 60s", "search for one minute on all cores"],
      ["zabsim fuzz mine.yaml --faults partition,crash", "add only these faults to your own scenario"],
      ["zabsim fuzz --zookeeper 3.6.2 --runs 10000 --strict", "find the known bugs of ZooKeeper 3.6.2"],
    ],
    exitCodes: [
      [EXIT_OK, "no finding; known bugs and limits that are too short are findings only with --strict"],
      [EXIT_FINDING, "a run violated an invariant"],
      [EXIT_NONDETERMINISM, "a seed gave two different runs"],
      [EXIT_LIVENESS, "in every finding, servers did not serve again after all faults were undone"],
      ...interrupted("--resume continues the campaign"),
    ],
  },
  coverage: {
    examples: [
      ["zabsim coverage", "print the coverage of the campaign in zabsim-findings/"],
      ["zabsim coverage nightly --json", "print the coverage of the campaign in nightly/ as JSON"],
    ],
    exitCodes: [[EXIT_OK, "the report was printed"]],
  },
  matrix: {
    examples: [
      ["zabsim matrix --time 0s", "print the table without running campaigns; takes a few seconds"],
      ["zabsim matrix --release 3.6.2", "print the bugs of 3.6.2, and the first release without each of them"],
      [
        "zabsim matrix --from 3.5.8 --to 3.8.4",
        "print which bugs this upgrade removes and adds, and simulate rolling upgrades for 30 s",
      ],
      ["zabsim matrix --bug 4646 --time 10s", "print the row of one bug, with campaigns of 10 s"],
    ],
    exitCodes: [
      [EXIT_OK, "the result was printed; with --from, every failure has a known cause"],
      [EXIT_FINDING, "with --from, the campaign of rolling upgrades found a failure that no known bug explains"],
      [EXIT_NONDETERMINISM, "with --from, a seed gave two different runs"],
      [
        EXIT_LIVENESS,
        "with --from, some failures have no known cause; in all of them, servers stay stuck after the faults end",
      ],
      ...INTERRUPTED,
    ],
  },
  judge: {
    examples: [
      ["zabsim judge 2172 --time 0s", "print which scenarios pull request 2172 fixes and breaks; takes a minute"],
      ["zabsim judge 5094 --plans 500", "also run 500 plans without and with the pull request for ZOOKEEPER-5094"],
      ["zabsim judge open-snapshot-survives-trunc --time 0s", "judge zabsim's fix of the bug that a scenario shows"],
      ["zabsim judge --list", "print what can be judged"],
    ],
    exitCodes: [
      [EXIT_OK, "the behavior breaks nothing"],
      [EXIT_FINDING, "the behavior breaks a scenario, or a plan fails because of it"],
      [EXIT_NONDETERMINISM, "a seed gave two different runs"],
      ...INTERRUPTED,
    ],
  },
  probe: {
    examples: [
      ["zabsim probe zk2:2888", "print how the leader would synchronize an empty observer"],
      ["zabsim probe zk2:2888 --zxid 0x300000005 --zookeeper 3.8.4", "the same for a learner that ends at 3:5"],
    ],
    exitCodes: [
      [EXIT_OK, "the leader decided as a rule of its release says"],
      [EXIT_FINDING, "no rule of the release fits the decision"],
      [EXIT_BAD_INPUT, "no leader answers at the address"],
      ...interrupted("the connection is closed"),
    ],
  },
  shrink: {
    examples: [
      ["zabsim shrink failing.yaml", "write the result to failing.min.yaml"],
      ["zabsim shrink failing.yaml --time 30s --out small.yaml", "stop after 30 s, and write the result to small.yaml"],
    ],
    exitCodes: [
      [EXIT_OK, "the scenario does not fail, so there is nothing to shrink"],
      [EXIT_FINDING, "the scenario fails; the shrunk scenario was written"],
      ...interrupted("run the same command again to continue"),
    ],
  },
  decide: {
    examples: [
      [
        'zabsim decide "Synchronizing with Learner sid: 3 maxCommittedLog=0x500000017 minCommittedLog=0x500000001 ' +
          'lastProcessedZxid=0x500000017 peerLastZxid=0x300000005"',
        "explain the sync decision in a line of a leader's log",
      ],
      ["zabsim decide - --zoo-cfg zoo.cfg < zookeeper.log", "explain every sync decision in a leader's log"],
      [
        "zabsim decide --peer 1:7 --committed-log 1:1..1:5",
        "decide about a learner that is ahead of the leader: TRUNC",
      ],
      ["zabsim decide --stdin < queries.jsonl", "print the decision for each JSON object in the file, one per line"],
    ],
    exitCodes: [[EXIT_OK, "every question was answered"]],
    notes: [
      "A line of --stdin is an object, and its answer is an object with the same id:",
      '  {"id":"a","peerLastZxid":"0x100000003","leader":{"lastProcessedZxid":"0x100000009",',
      '   "committedLog":["0x100000008","0x100000009"],"txnLogFiles":[["0x100000001","0x100000003"]]}}',
      '  {"id":"a","needSnap":true,"packets":[],"startForwardingFrom":"0x100000009","rule":"txn-log-gap","why":"…"}',
      "The leader can also have txnLogSyncEnabled, txnLogExceedsSizeLimit, forceSnapSync (true or false), toBeApplied,",
      "outstandingProposals (lists of zxids) and lastProposed; learnerType is PARTICIPANT or OBSERVER. A line that is",
      'not valid gets {"id":…,"error":"…"}, and the exit code at the end is 2.',
    ],
  },
  explain: {
    examples: [
      ["zabsim explain zk1.log zk2.log zk3.log", "explain the logs of three servers together"],
      ["zabsim explain logs/ --json", "read all logs in a folder, also gzip and rotated files, and print JSON"],
      ["zabsim explain logs/ --server 2 --from 18:19:40 --until 18:20", "print what server 2 did in these 20 seconds"],
      ["zabsim explain --server 1=zk1.log --server 2=zk2.log", "name the servers of logs that do not show their ids"],
    ],
    exitCodes: [
      [EXIT_OK, "the logs are explained; no finding is a proven or likely violation or loss"],
      [EXIT_FINDING, "a violation of what ZooKeeper promises, or a loss of data, is proven or likely"],
    ],
    notes: [
      "Times are those of the clock of the server with the smallest id. If the clocks differ, zabsim estimates by how",
      "much: a message cannot arrive before it was sent.",
    ],
  },
  reconstruct: {
    examples: [
      ["zabsim reconstruct zk1.log zk2.log zk3.log", "write incident.yaml"],
      ["zabsim reconstruct logs/ --time 5m --out case-17.yaml", "search for up to five minutes"],
      ["zabsim reconstruct logs/ zk1 zk2 zk3", "also compare copies of the data directories"],
      [
        "zabsim reconstruct --server 1=zk1.log --server 2=zk2.log",
        "name the servers of logs that do not show their ids",
      ],
    ],
    exitCodes: [
      [EXIT_OK, "the run shows what the logs and the directories show, and violates no invariant"],
      [EXIT_FINDING, "the run violates an invariant, or differs in a decision, an epoch, an exit or a disk"],
      ...interrupted("the best scenario so far is written"),
    ],
    notes: [
      "Copy the directories after the incident, while the servers are stopped. A copy from before it gives the disk",
      "with which a server starts. zabsim opens the files only for reading.",
      "A violation of the run is possible, but the logs do not prove it: they do not show every write and message.",
      "Of two runs that match the logs equally, zabsim keeps one that violates an invariant. zabsim shrink keeps only",
      "what the violation needs.",
    ],
  },
  "plan-roll": {
    examples: [
      ["zabsim plan-roll old.cfg new.cfg", "find the order in which to restart the servers with new.cfg"],
      ["zabsim plan-roll old.cfg new.cfg --zookeeper 3.5.8 --json", "do the same for 3.5.8, and print JSON"],
      ["zabsim plan-roll old.cfg new.cfg --out orders", "write a scenario for each kind of order that fails"],
    ],
    exitCodes: [
      [EXIT_OK, "an order is safe"],
      [EXIT_FINDING, "no order is safe in one roll"],
    ],
    notes: [
      "An order is safe if writes commit after each step, and no invariant is violated, also if one server crashes and",
      "restarts. While the server is down, writes may wait. Partitions, and addresses that change, are not tried.",
    ],
  },
  confirm: {
    examples: [
      ["zabsim confirm open-trunc-keeps-one-txn-too-many", "show a finding on servers of the newest release"],
      [
        "zabsim confirm follower-behind-diff --release 3.8.4 --tries 3",
        "compare a scenario without a violation 3 times",
      ],
      ["zabsim confirm mine.yaml --json", "print the verdict, the evidence and all differences as JSON"],
    ],
    exitCodes: [
      [EXIT_OK, "confirmed in every try"],
      [EXIT_FINDING, "refuted in at least one try"],
      [EXIT_BAD_INPUT, "not stageable, or Java, a compiler or a jar is missing"],
      ...interrupted("the servers are killed, and nothing is printed"),
    ],
    notes: [
      "A try is given up after 120 s. Real servers have ticks of at least 1 s. If one try is refuted, the verdict is",
      "refuted. If the order deviates before a violation is shown, the first line says so.",
    ],
  },
  doctor: {
    examples: [
      ["zabsim doctor zk1 zk2 zk3 --zookeeper 3.8.4", "examine copies of three data directories"],
      ["zabsim doctor backup", "the same for all data directories in one folder"],
      [
        "zabsim doctor --server 2=zk2 --server 3=zk3",
        "the disk of server 1 is lost; the directories need no file myid",
      ],
      ["zabsim doctor zk1 zk2 zk3 --scenario disks.yaml", "also write the disks as a scenario for zabsim run and fuzz"],
    ],
    exitCodes: [
      [EXIT_OK, "nothing is wrong; an uncommitted tail is not wrong"],
      [EXIT_FINDING, "a loss or a violation is proven or likely, a server does not start, or a file is damaged"],
    ],
    notes: [
      "Copy the directories while the servers are stopped: a server that runs writes to them. The content of",
      "transactions is not printed.",
    ],
  },
  join: {
    examples: [
      ["zabsim join --config zk3/zoo.cfg --zookeeper 3.8.4", "run server 3 of an ensemble until Ctrl-C"],
      ["zabsim join --config zk3/zoo.cfg --until synced", "end when the server has the data of the leader"],
    ],
    exitCodes: [
      [EXIT_OK, "the server is synced (--until synced)"],
      [EXIT_FINDING, "the server exited, or violated an invariant"],
      ...interrupted("the server ends as if it was killed"),
    ],
  },
  proxy: {
    examples: [
      ["zabsim proxy --config proxy.yaml", "pass everything on until Ctrl-C, and print the sync decisions"],
      ["zabsim proxy --config proxy.yaml --scenario cut.yaml --until 60s", "perform the steps of a scenario"],
    ],
    exitCodes: [
      [EXIT_OK, "the time of --until is over, and the expectations of the scenario are met"],
      [EXIT_FINDING, "an expectation of the scenario is not met"],
      ...INTERRUPTED,
    ],
    notes: [
      "proxy.yaml has the addresses of each server, HOST:QUORUM_PORT:ELECTION_PORT:",
      "  servers:",
      "    1: { address: 127.0.0.1:2881:3881, proxy: 127.0.0.1:12881:13881 }",
      "    2: { address: 127.0.0.1:2882:3882, proxy: 127.0.0.1:12882:13882 }",
      "The zoo.cfg of server 1 then has the lines server.1=127.0.0.1:2881:3881 and",
      "server.2=127.0.0.1:12882:13882: its own address, and those of the proxy for the others.",
    ],
  },
  init: {
    examples: [
      ["zabsim init", "write scenario.yaml"],
      ["zabsim init my-scenario.yaml", "write my-scenario.yaml"],
    ],
    exitCodes: [[EXIT_OK, "the file was written"]],
  },
  list: {
    examples: [
      ["zabsim list invariants", "print every invariant with its statement and source"],
      ["zabsim list faults,strategies", "print two lists"],
      ["zabsim list failures", "print why servers fail, and what ZooKeeper logs in each case"],
      ["zabsim list bugs 4643", "print one bug in full: cause, effect, releases, scenario"],
    ],
    exitCodes: [[EXIT_OK, "the lists or the entry were printed"]],
  },
  completion: {
    examples: [
      [
        "zabsim completion bash",
        "print the script; to install it, add `source <(zabsim completion bash)` to ~/.bashrc",
      ],
      [
        "zabsim completion zsh",
        "print the script; to install it, add `source <(zabsim completion zsh)` to ~/.zshrc, after compinit",
      ],
      [
        "zabsim completion fish",
        "print the script; to install it, add `zabsim completion fish | source` to ~/.config/fish/config.fish",
      ],
    ],
    exitCodes: [[EXIT_OK, "the script was printed"]],
  },
} as const satisfies Readonly<Record<string, CommandHelp>>;

const EVERY_COMMAND: CommandHelp["exitCodes"] = [
  [EXIT_BAD_INPUT, "bad usage or bad input"],
  [EXIT_DEFECT, "a defect of zabsim itself"],
];

/** Returns the text to append to the help of a command. */
export function helpTextOf(command: keyof typeof HELP): string {
  const { examples, exitCodes, notes = [] }: CommandHelp = HELP[command];
  const codes = [...exitCodes, ...EVERY_COMMAND].sort(([a], [b]) => a - b);
  return [
    "",
    "Examples:",
    ...examples.flatMap(([line, effect]) => [`  $ ${line}`, `      ${effect}`]),
    "",
    ...(notes.length > 0 ? [...notes, ""] : []),
    "Exit codes:",
    ...codes.map(([code, meaning]) => `  ${String(code).padEnd(4)} ${meaning}`),
  ].join("\n");
}
