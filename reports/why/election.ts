/**
 * Explains why a server won an election, by comparing its vote with the vote of another server. ZooKeeper compares
 * votes by currentEpoch, then by last zxid, then by sid (FastLeaderElection#totalOrderPredicate).
 */
import type { ProtocolRecord, RecordOf } from "../../cluster/records.ts";
import { formatZxid, type ServerId } from "../../protocol/zxid.ts";

type Vote = RecordOf<"voted">;

/**
 * An election that a server won. `own` is the vote of the winner for itself. `rival` is the vote for itself of another
 * server, which later voted for the winner.
 */
export interface Win {
  readonly elected: RecordOf<"elected">;
  readonly own: Vote | undefined;
  readonly rival: Vote | undefined;
}

/**
 * Returns the last election that a server won at or before a time. The rival is a server that first voted for itself
 * and then for the winner. If there are several such servers, the rival is the one with the highest last zxid, because
 * it best shows which transactions the winner lacks.
 */
export function winOf(records: readonly ProtocolRecord[], winner: ServerId, untilUs: number): Win | undefined {
  const index = records.findLastIndex(
    (one) => one.event === "elected" && one.server === winner && one.leader === winner && one.atUs <= untilUs,
  );
  const elected = records[index];
  if (elected?.event !== "elected") return undefined;
  const votes = records.slice(0, index).filter((one): one is Vote => one.event === "voted");
  const ownVote = (sid: ServerId): Vote | undefined =>
    votes.findLast(({ leader, server }) => server === sid && leader === sid);
  const own = ownVote(winner);
  const gaveWay = [...new Set(votes.map(({ server }) => server))].filter((sid) => {
    const last = votes.findLast(({ server }) => server === sid);
    return sid !== winner && last?.leader === winner && last.round === elected.round;
  });
  const rival = gaveWay
    .flatMap((sid) => ownVote(sid) ?? [])
    .reduce<Vote | undefined>((best, vote) => (best === undefined || vote.zxid > best.zxid ? vote : best), undefined);
  return { elected, own, rival };
}

/** Returns whether the winner has a higher currentEpoch but a lower last zxid than its rival. */
export function isWonByEpochAlone({ own, rival }: Win): boolean {
  return own !== undefined && rival !== undefined && own.peerEpoch > rival.peerEpoch && own.zxid < rival.zxid;
}

/**
 * Returns why a server won, as in `server 1 is elected leader in round 2: its currentEpoch 2 is above currentEpoch 1 of
 * server 2`.
 */
export function winText(win: Win): string {
  const { server, round } = win.elected;
  const reason = reasonOf(win);
  return `server ${server} is elected leader in round ${round}${reason === undefined ? "" : `: ${reason}`}`;
}

function reasonOf({ own, rival }: Win): string | undefined {
  if (own === undefined || rival === undefined) return undefined;
  const [ownZxid, otherZxid] = [formatZxid(own.zxid), formatZxid(rival.zxid)];
  if (own.peerEpoch > rival.peerEpoch) {
    const lower = `currentEpoch ${rival.peerEpoch} of server ${rival.server}`;
    const epochs = `its currentEpoch ${own.peerEpoch} is above ${lower}`;
    return own.zxid < rival.zxid ? `${epochs}, although its last zxid ${ownZxid} is below ${otherZxid}` : epochs;
  }
  if (own.peerEpoch < rival.peerEpoch) return undefined;
  if (own.zxid > rival.zxid) return `its last zxid ${ownZxid} is above ${otherZxid} of server ${rival.server}`;
  if (own.zxid < rival.zxid || own.server < rival.server) return undefined;
  const equal = `both servers have currentEpoch ${own.peerEpoch} and last zxid ${ownZxid}`;
  return `its sid is above sid ${rival.server}, and ${equal}`;
}
