/** The state of every server at the current event. What the event changed is marked. */
import { useEffect, useMemo, useReducer, useRef } from "preact/hooks";
import type { ServerId } from "../../protocol/index.ts";
import { type LogEntry, logEntries } from "../session/log-parts.ts";
import { zxidText } from "../session/message-text.ts";
import { LogLegend, PLACES } from "./legend.tsx";
import type { PageModel } from "./model.ts";
import { RunModel } from "./run-model.ts";

const LOG_ENTRIES_MAX = 14;
/** While the user scrubs, the cards follow this often, and the diagram follows in every frame. */
const CARDS_MS = 100;

export function MomentPanel({ model }: { readonly model: PageModel }) {
  const run = model.run.value;
  const { servers } = run.timeline;
  const onlyChanges = model.onlyChanges.value;
  const at = usePaced(model.at.value, CARDS_MS);
  const cards = useMemo(
    () => servers.map((sid) => <ServerCard key={sid} model={model} sid={sid} at={at} />),
    [model, run, servers, at],
  );
  return (
    <section class="moment" aria-label="State of the servers">
      <h2>
        State of the servers
        <label class="toggle">
          <input
            type="checkbox"
            checked={onlyChanges}
            onChange={() => {
              model.onlyChanges.value = !onlyChanges;
            }}
          />
          show only what changed
        </label>
      </h2>
      {run instanceof RunModel && <LogLegend />}
      <div class="cards">{cards}</div>
    </section>
  );
}

/** Returns the value, or an earlier one if that one is shown for less than `ms` milliseconds. Shows the last value. */
function usePaced<T>(value: T, ms: number): T {
  const shown = useRef({ value, sinceMs: Number.NEGATIVE_INFINITY });
  const [, renderAgain] = useReducer((count: number) => count + 1, 0);
  const nowMs = performance.now();
  const restMs = shown.current.sinceMs + ms - nowMs;
  if (value !== shown.current.value && restMs <= 0) shown.current = { value, sinceMs: nowMs };
  const isLate = shown.current.value !== value;
  useEffect(() => {
    if (!isLate) return undefined;
    const timer = setTimeout(renderAgain, Math.max(0, restMs));
    return () => clearTimeout(timer);
  });
  return shown.current.value;
}

interface CardProps {
  readonly model: PageModel;
  readonly sid: ServerId;
  readonly at: number;
}

function ServerCard({ at, model, sid }: CardProps) {
  const run = model.run.value;
  const { timeline } = run;
  const server = run.serverAt(sid, at);
  const isChanged = at > 0 && timeline.lastChangeOf(sid, at) === at;
  const before = new Map(run.serverAt(sid, Math.max(0, at - 1)).rows.map(({ name, value }) => [name, value]));
  const rows = server.rows.map((row) => ({ ...row, isNew: at > 0 && before.get(row.name) !== row.value }));
  const shown = model.onlyChanges.value ? rows.filter(({ isNew }) => isNew) : rows.slice(1);
  if (model.onlyChanges.value && !isChanged) return null;
  return (
    <article class={`card state-${server.state ?? "down"}${isChanged ? " changed" : ""}`}>
      <h3>
        <button
          type="button"
          title="Go to the event that gave the server this state"
          onClick={() => model.goTo(timeline.lastChangeOf(sid, at))}
        >
          {sid}
        </button>
        <span class={rows[0]?.isNew ? "new" : ""}>{rows[0]?.value}</span>
      </h3>
      {run instanceof RunModel && <LogStrip run={run} at={at} sid={sid} />}
      <dl>
        {shown.map(({ about, isNew, isOdd, name, value }) => (
          <div key={name} class={`${isNew ? "new" : ""}${isOdd ? " odd" : ""}`}>
            <dt title={about}>
              {name}
              {about !== undefined && <span class="unseen"> ({about})</span>}
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
}

function LogStrip({ at, run, sid }: { readonly run: RunModel; readonly at: number; readonly sid: ServerId }) {
  const { committed, recording } = run;
  const entriesAt = (event: number) => logEntries(recording, committed, sid, event, LOG_ENTRIES_MAX);
  const { entries, omitted } = entriesAt(at);
  const isChanged = at > 0 && logKey(entriesAt(at - 1).entries) !== logKey(entries);
  return (
    <ol class={`log${isChanged ? " new" : ""}`} aria-label={`History of server ${sid}${isChanged ? ", changed" : ""}`}>
      {omitted > 0 && <li class="omitted">{omitted} more</li>}
      {entries.length === 0 && <li class="omitted">no transaction</li>}
      {entries.map((entry, index) => (
        <li
          key={index}
          class={`${entry.part}${entry.isDurable ? "" : " volatile"}`}
          title={entryTitle(entry)}
          aria-label={entryTitle(entry)}
        >
          {zxidText(entry.zxid)}
          {entry.place !== "log" && <small> {PLACES[entry.place].sign}</small>}
        </li>
      ))}
    </ol>
  );
}

function logKey(entries: readonly LogEntry[]): string {
  return entries.map(({ isDurable, part, place, zxid }) => `${zxid} ${part} ${isDurable} ${place}`).join();
}

function entryTitle({ isDurable, part, place, value, zxid }: LogEntry): string {
  const origin = value === "before" ? "(before the run)" : value;
  const where = place === "log" ? "" : `, ${PLACES[place].title}`;
  const volatile = part === "committed" && !isDurable && place === "log" ? ", not synced here" : "";
  return `${zxidText(zxid)} ${origin}: ${part}${volatile}${where}`;
}
