/** Finds servers that do not agree about the ensemble: settings, ids and members. */
import type { LoggedSettings } from "../../logs/index.ts";
import { type Finding, type FindingOf, listOf, MAX_EVIDENCE } from "../finding.ts";
import type { ServerHistory } from "../history.ts";

/** Settings that must be equal on all servers. */
const EQUAL = [
  ["tickTimeMs", "tickTime"],
  ["initLimit", "initLimit"],
  ["syncLimit", "syncLimit"],
] as const satisfies readonly (readonly [name: keyof LoggedSettings, text: string])[];

export const differingSettings: FindingOf = ({ aligned, histories }) =>
  EQUAL.flatMap(([name, text]): Finding[] => {
    const values = histories.flatMap(({ processes, server }) => {
      const run = processes.findLast(({ settings }) => settings[name] !== undefined);
      const value = run?.settings[name];
      if (run === undefined || value === undefined) return [];
      const before = processes.findLast(({ settings: { [name]: old = value } }) => old !== value);
      return [{ server, value, run, before: before?.settings[name], line: run.settingLines[name] ?? run.at }];
    });
    if (new Set(values.map(({ value }) => value)).size < 2) return [];
    const first = values[0] as (typeof values)[number];
    return [
      {
        ...{ rule: "configuration", severity: "problem", certainty: "proven" },
        servers: values.map(({ server }) => server),
        timeMs: aligned(first.server, first.run.at.timeMs),
        title: `the servers have different values of ${text}`,
        cause:
          `${listOf(values.map((one) => `server ${one.server}: ${one.value}${beforeText(one.before)}`))}. ` +
          "The leader's value decides how long it waits, so the result depends on which server leads.",
        evidence: values.map(({ line }) => line),
        advice: [
          name === "tickTimeMs"
            ? `Set ${text} to the same value in every zoo.cfg.`
            : `Set ${text} to the same value in every zoo.cfg: at least to the largest one that was enough, ` +
              `${Math.max(...values.flatMap(({ before = 0, value }) => [before, value]))}.`,
        ],
      },
    ];
  });

function beforeText(before: number | undefined): string {
  return before === undefined ? "" : ` (${before} in an earlier start)`;
}

interface Oddity {
  readonly event: string;
  readonly title: (server: number) => string;
  readonly cause: string;
  readonly advice: string;
}

const ODDITIES: readonly Oddity[] = [
  {
    event: "own-id-connected",
    title: (server) => `another process connected to server ${server} with the same id`,
    cause:
      "Two servers have the same number in their files myid, or a server connects to itself through another address.",
    advice: "Give each server its own number. Two processes with one id can both vote, so a majority may not be one.",
  },
  {
    event: "vote-of-stranger-ignored",
    title: (server) => `server ${server} ignored votes of or for a server that is not in its list`,
    cause:
      "The lists of servers in the configurations differ, or a server of another ensemble uses one of the addresses.",
    advice: "Compare the lines server.N of all servers.",
  },
  {
    event: "snapshot-invalid",
    title: (server) => `server ${server} could not read a snapshot`,
    cause: "The snapshot is damaged or incomplete. The server uses an older one and the log files after it.",
    advice: "Keep the log files since the older snapshot. zabsim doctor checks every snapshot and log file.",
  },
  {
    event: "fatal-thread",
    title: (server) => `a thread that server ${server} needs ended with an error`,
    cause: "The server stopped serving; the exception names the error, for example a full or failing disk.",
    advice: "Remove the cause that the exception names, then restart the server.",
  },
  {
    event: "log-order-broken",
    title: (server) => `the log of server ${server} has transactions that are not in order`,
    cause: "While it read its log, a zxid was not above the one before it.",
    advice: "Compare the log with that of the other servers with zabsim doctor before you rely on this server.",
  },
];

export const oddities: FindingOf = ({ aligned, histories }) =>
  histories.flatMap(({ oddities: found, server }: ServerHistory) =>
    ODDITIES.flatMap(({ advice, cause, event, title }): Finding[] => {
      const lines = found.filter((one) => one.event === event).map(({ at }) => at);
      if (lines[0] === undefined) return [];
      return [
        {
          ...{ rule: "configuration", severity: "problem", certainty: "proven", servers: [server] },
          timeMs: aligned(server, lines[0].timeMs),
          title: `${title(server)}${lines.length === 1 ? "" : ` (${lines.length} times)`}`,
          cause,
          evidence: lines.slice(0, MAX_EVIDENCE),
          advice: [advice],
        },
      ];
    }),
  );
