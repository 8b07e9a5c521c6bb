/**
 * `zabsim init` writes a starter scenario with comments that explain each part.
 */
import { writeFileSync } from "node:fs";
import { withSchemaLine } from "../campaign/schema-line.ts";
import { printablePath } from "../scenarios/printable.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { write } from "./output.ts";
import { UsageError } from "./usage-error.ts";

const DEFAULT_FILE = "scenario.yaml";

export async function init(file = DEFAULT_FILE, options: { readonly json?: boolean } = {}): Promise<number> {
  if (!/\.ya?ml$/i.test(file))
    throw new UsageError(`init ${file}: the name does not end with .yaml (accepted: NAME.yaml)`);
  try {
    writeFileSync(file, withSchemaLine(STARTER, file), { flag: "wx" });
  } catch (error) {
    throw new UsageError(`init ${file}: ${reasonOf(error)}`);
  }
  const path = printablePath(file);
  await write(
    options.json ? `${JSON.stringify({ file })}\n` : `${path} is written. What to do next:\n${nextSteps(path)}`,
  );
  return EXIT_OK;
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: "the file exists, and init does not overwrite it (accepted: the name of a new file)",
  ENOENT: "the folder does not exist (accepted: a file in an existing folder)",
  ENOTDIR: "the path leads through a file (accepted: a file in an existing folder)",
};

function reasonOf(error: unknown): string {
  const { code = "" } = error as NodeJS.ErrnoException;
  return REASONS[code] ?? `the file cannot be written (${code}; accepted: a file in a writable folder)`;
}

function nextSteps(path: string): string {
  const steps = [
    ["run", "runs the scenario and prints the sync decisions"],
    ["replay", "prints every event of the run"],
    ["fuzz", "adds faults to the scenario and searches for violations"],
  ] as const;
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, about]) => `  npx zabsim ${command.padEnd(width)} ${path}   # ${about}\n`).join("");
}

/**
 * The starter scenario: a follower is down while the other servers log transactions, and then starts. The scenario
 * meets its expectations.
 */
export const STARTER = `\
# A scenario describes the servers with the content of their disks, what happens to them, and what you expect.
# Run it:               npx zabsim run FILE
# Print every event:    npx zabsim replay FILE
# The whole language:   docs/scenarios.md of zabsim. Editors complete all fields with the schema above.

about: >
  Server 3 was down while servers 1 and 2 wrote 1:4 and 1:5. It returns, and the leader sends it a DIFF.

# The ZooKeeper release whose behavior the servers have. zabsim list releases prints all. "newest" is the default.
zookeeper: newest

# Each server (myid) and the transactions in its log. A transaction is epoch:counter, here 1:1 to 1:5.
# ZooKeeper's logs print 1:5 in hex, as 0x100000005. A scenario accepts both forms.
servers:
  1: { history: 1:1..1:5 }
  2: { history: 1:1..1:5 }
  3: { history: 1:1..1:3, down: true }
  # 4: { role: observer }
  # 5: { empty: true, down: true }   # a server with a new disk

# Settings of zoo.cfg and system properties, under ZooKeeper's own names. Absent settings have their defaults.
settings:
  tickTime: 2000
  initLimit: 10
  syncLimit: 5
  # commitLogCount: 500
  # snapshotSizeFactor: 0.33
  # forceSnapshotSync: false
  # reconfigEnabled: true   # reconfig steps succeed only with it

# The steps, in order. Each has a trigger (at, after or when) and one action: zabsim list actions prints all of them.
steps:
  - { when: established, write: 2 } # when a leader is established, clients write two transactions
  - { after: 500ms, start: 3 } # 500 ms later, server 3 starts
  # Try these, one at a time: a power failure, a partition, a crash at a step of the handshake, a reconfiguration.
  # - { at: 3s, crash: leader, for: 5s }
  # - { at: 3s, partition: [[1], [2, 3]], for: 10s }
  # - { when: { message: NEWLEADER, to: 3 }, crash: 3 }
  # - { at: 3s, reconfig: { remove: 1 } } # also add, config, and ports: { 3: { quorum: 2898 } }

# What must be true at the end. Without this part, zabsim checks only the invariants (see zabsim list invariants).
expect:
  leader: 2
  active: [1, 2, 3]
  decisions: # every sync decision, in order: learner, decision, and the zxid of the packet
    - 1: DIFF 1:5
    - 3: DIFF 2:2
`;
