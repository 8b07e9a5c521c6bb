/** Finds servers that take part under one id, because the file myid of one of them is wrong. */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import type { ServerId } from "../../protocol/zxid.ts";
import type { ScenarioRun } from "../../scenarios/scenario-run.ts";
import { listText } from "../server-end.ts";
import type { Fact } from "./moment.ts";

/** The servers that have started with one id, and each of their starts with a wrong file myid. */
interface SharedId {
  readonly myid: ServerId;
  readonly servers: readonly ServerId[];
  readonly wrong: readonly Start[];
}

type Start = RecordOf<"started">;

/** Returns a sentence for each id under which several servers run at the end. */
export function sharedIdSentences({ records, servers }: ScenarioRun): string[] {
  const starts = records.filter(isStart);
  const running = servers.filter((server) => server.running);
  return sharedIds(running.flatMap(({ sid }) => starts.findLast(({ server }) => server === sid) ?? [])).map(sentenceOf);
}

/** Returns the fact that servers have started with one id before this time. Returns undefined if none have. */
export function sharedIdFact({ records }: ScenarioRun, untilUs: number): Fact | undefined {
  const [shared] = sharedIds(records.filter(isStart).filter(({ atUs }) => atUs <= untilUs));
  if (shared === undefined) return undefined;
  const causes = shared.wrong.map(({ atUs, server }) => ({
    text: `server ${server} starts with ${shared.myid} in its file myid`,
    atUs,
    isRoot: true,
  }));
  return { text: sentenceOf(shared), atUs: undefined, causes };
}

function isStart(record: ProtocolRecord): record is Start {
  return record.event === "started";
}

function sentenceOf({ myid, servers }: SharedId): string {
  return `servers ${listText(servers)} have the same myid, ${myid}`;
}

function sharedIds(starts: readonly Start[]): SharedId[] {
  const idOf = ({ config, server }: Start): ServerId => config?.myid ?? server;
  const wrong = starts.filter(({ config }) => config?.myid !== undefined);
  return [...new Set(wrong.map(idOf))].flatMap((myid) => {
    const servers = new Set(starts.filter((start) => idOf(start) === myid).map(({ server }) => server));
    if (servers.size < 2) return [];
    return [
      { myid, servers: [...servers].sort((a, b) => a - b), wrong: wrong.filter((start) => idOf(start) === myid) },
    ];
  });
}
