/** What if: changes the run after the current event, and shows the branch next to the original. */
import { asServerId, type ServerId } from "../../protocol/index.ts";
import type { Action } from "../../scenarios/scenario.ts";
import type { InFlightChange } from "../session/branch.ts";
import { messageText } from "../session/describe-event.ts";
import type { SentMessage } from "../session/message-log.ts";
import type { Session } from "../session/session.ts";
import type { PageModel } from "./model.ts";

const MESSAGES_MAX = 30;

export function WhatIfPanel({ model }: { readonly model: PageModel }) {
  const { recording, session } = model.run.value;
  const at = model.at.value;
  session.goTo(at);
  const branch = (label: string, make: (from: Session) => Session): void => {
    try {
      const made = make(session);
      model.addRun(`${label} after event ${at}`, made.recording, made.parent);
      model.select(1, at);
    } catch (error) {
      model.notice.value = `The branch cannot be made: ${(error as Error).message}`;
    }
  };
  const change = (label: string, action: Action): void => branch(label, (from) => from.change(action));
  const changeMessage = (label: string, message: SentMessage, how: InFlightChange): void =>
    branch(`${label} ${messageText(message.message)} ${message.from} → ${message.to}`, (from) =>
      from.changeMessage(message, how),
    );
  if (!session.canChange) {
    return <p>Choose an event after the start of the run and before the end of all faults (step settle).</p>;
  }
  return (
    <div class="what-if">
      <p>What happens if, after event {at} …</p>
      <h4>a server</h4>
      {recording.servers.map((sid) => (
        <ServerButtons key={sid} model={model} sid={sid} change={change} />
      ))}
      <h4>a link</h4>
      <LinkButtons servers={recording.servers} change={change} />
      <h4>a message in flight</h4>
      {recording
        .inFlightAt(at)
        .slice(0, MESSAGES_MAX)
        .map((message) => (
          <p key={message.id} class="row">
            <span>
              {message.from} → {message.to} {messageText(message.message)}
            </span>
            <button type="button" onClick={() => changeMessage("drop", message, { drop: true })}>
              drop
            </button>
            <button type="button" onClick={() => changeMessage("delay", message, { delay: "1s" })}>
              delay 1 s
            </button>
            <button type="button" onClick={() => changeMessage("deliver", message, { deliver: true })}>
              deliver now
            </button>
          </p>
        ))}
    </div>
  );
}

type Change = (label: string, action: Action) => void;

function ServerButtons({
  change,
  model,
  sid,
}: {
  readonly change: Change;
  readonly model: PageModel;
  readonly sid: ServerId;
}) {
  const { process } = model.run.value.recording.serverAt(sid, model.at.value);
  const actions: readonly (readonly [string, Action])[] =
    process === "down"
      ? [["start", { start: sid }]]
      : [
          ["crash", { crash: { server: sid, unsynced: "lost", connectionsReset: true } }],
          process === "paused" ? ["resume", { resume: sid }] : ["pause", { pause: sid }],
          ["restart", { restart: sid }],
          ["isolate", { isolate: sid }],
        ];
  return (
    <p class="row">
      <span>server {sid}</span>
      {actions.map(([label, action]) => (
        <button key={label} type="button" onClick={() => change(`${label} ${sid}`, action)}>
          {label}
        </button>
      ))}
    </p>
  );
}

function LinkButtons({ change, servers }: { readonly change: Change; readonly servers: readonly ServerId[] }) {
  return (
    <p class="row">
      <label>
        cut{" "}
        <select
          onChange={({ currentTarget }) => {
            const [from, to] = currentTarget.value.split(" ").map(Number);
            currentTarget.value = "";
            if (from && to)
              change(`cut ${from} → ${to}`, { cutOneWay: { from: [asServerId(from)], to: [asServerId(to)] } });
          }}
        >
          <option value="">one direction …</option>
          {servers.flatMap((a) =>
            servers
              .filter((b) => b !== a)
              .map((b) => (
                <option key={`${a} ${b}`} value={`${a} ${b}`}>
                  {a} → {b}
                </option>
              )),
          )}
        </select>
      </label>
      <button type="button" onClick={() => change("heal all links", { heal: "all" })}>
        heal all
      </button>
    </p>
  );
}
