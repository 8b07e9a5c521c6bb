/** The legends of the signs: boxes of a history, ends of message lines, and bars of a sync decision. */

/** The signs of transactions that are not in the log of a server. */
export const PLACES = {
  memory: { sign: "mem", title: "only in memory, not in the log" },
  snapshot: { sign: "snap", title: "only in a snapshot, not in the log" },
} as const;

/** The boxes of the transactions of a server. */
export function LogLegend() {
  return (
    <ul class="log log-legend" aria-label="Boxes of a history">
      <li class="committed">committed</li>
      <li class="committed volatile">committed, not synced here</li>
      <li class="synced">synced, not committed</li>
      <li class="unsynced">not synced</li>
      <li class="removed">removed or lost</li>
      {Object.values(PLACES).map(({ sign, title }) => (
        <li key={sign}>
          <small>{sign}</small> {title}
        </li>
      ))}
    </ul>
  );
}

/** The bars of the number line of a sync decision. */
export function NumberLineLegend({ hasLogFiles = true }: { readonly hasLogFiles?: boolean }) {
  return (
    <p class="legend">
      <span class="swatch committed-log">committedLog of the leader</span>
      {hasLogFiles && <span class="swatch txnlog">log files of the leader</span>}
      <span class="swatch peer">triangle: the last zxid of the learner</span>
    </p>
  );
}

/** The ends of the lines of messages. */
export function LineEndLegend() {
  return (
    <p>
      The end of a line: arrow, the message arrived; cross, the network lost the message; bar, the connection of the
      message ended before it arrived; dot, the message is still in flight.
    </p>
  );
}
