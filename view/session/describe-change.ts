/** Describes what an event changed in the memory of a learner and on its list of disk operations. */
import type { ServerView } from "../../cluster/server-view.ts";
import { formatZxid, type Zxid } from "../../protocol/index.ts";

/** Returns one sentence for each change that the records of the event do not show. */
export function changesInWords(before: ServerView, after: ServerView): string[] {
  const [old, now] = [before.peer?.learner, after.peer?.learner];
  if (old === undefined || now === undefined || old.master !== now.master) return [];
  const { sid } = after;
  const kept = added(old.notLogged, now.notLogged);
  const noted = added(old.committed, now.committed);
  const started = added(before.pending, after.pending);
  const unlogged = now.notLogged.length === 0 ? "" : `; ${text(now.notLogged)} ${verb(now.notLogged)} not on disk`;
  const applied = added(treeEnd(before), treeEnd(after));
  return [
    ...(kept.length === 0 ? [] : [`${sid} keeps ${text(kept)} in memory; ${subject(kept)} not logged`]),
    ...(noted.length === 0 ? [] : [`${sid} notes the COMMIT of ${text(noted)} and does not apply it yet`]),
    ...(old.step !== "serving" && applied.length > 0
      ? [`${sid} applies ${text(applied)} in memory; its log ends at ${logEnd(after)}`]
      : []),
    ...started.map(
      (operation) =>
        `${sid} starts to ${operationText(operation)}${operation.includes("currentEpoch") ? unlogged : ""}`,
    ),
  ];
}

function treeEnd({ peer }: ServerView): readonly Zxid[] {
  return peer === undefined || peer.tree.length === 0 ? [] : [peer.tree.zxid];
}

function logEnd({ disk }: ServerView): string {
  const last = disk.log.findLast(({ records }) => records.length > 0);
  return last === undefined ? "no transaction" : formatZxid(last.records.zxid);
}

function added<Item>(before: readonly Item[], after: readonly Item[]): readonly Item[] {
  return after.filter((item) => !before.includes(item));
}

function text(zxids: readonly Zxid[]): string {
  return zxids.map((zxid) => formatZxid(zxid)).join(", ");
}

function verb(zxids: readonly Zxid[]): "is" | "are" {
  return zxids.length === 1 ? "is" : "are";
}

function subject(zxids: readonly Zxid[]): string {
  return zxids.length === 1 ? "it is" : "they are";
}

function operationText(operation: string): string {
  return operation.replace(/^replace /, "write ");
}
