/** What if: changes the run after the current event, and shows the branch next to the original. */
import type { ServerView } from "../../cluster/server-view.ts";
import { asServerId, type ServerId } from "../../protocol/index.ts";
import { describeStep } from "../../reports/describe.ts";
import type { Action } from "../../scenarios/scenario.ts";
import type { InFlightChange } from "../session/branch.ts";
import type { SentMessage } from "../session/message-log.ts";
import { messageText } from "../session/message-text.ts";
import type { Recording } from "../session/recording.ts";
import type { Session } from "../session/session.ts";
import type { PageModel } from "./model.ts";
import type { RunModel } from "./run-model.ts";

const MESSAGES_MAX = 30;

export function WhatIfPanel({ model, run }: { readonly model: PageModel; readonly run: RunModel }) {
  const { recording, session } = run;
  const at = model.at.value;
  session.goTo(at);
  const branch = (label: string, make: (from: Session) => Session): void => {
    try {
      const made = make(session);
      model.addRun(`${label} after event ${at}`, made.recording, made.parent);
      model.select(1, made.at);
    } catch (error) {
      model.notice.value = `The branch cannot be made: ${(error as Error).message}`;
    }
  };
  const change = (label: string, action: Action): void => branch(label, (from) => from.change(action));
  const changeMessage = (label: string, message: SentMessage, how: InFlightChange): void =>
    branch(`${label} ${messageText(message.message)} ${message.from} → ${message.to}`, (from) =>
      from.changeMessage(message, how),
    );
  const steps = session.stepsHere;
  if (!session.canChange) {
    return <p>Choose an event after the start of the run and before the end of all faults (step settle).</p>;
  }
  const isCut = run.bands.some(({ from, kind, to }) => kind === "cut" && from <= at && at <= to);
  return (
    <div class="what-if">
      {steps.length > 0 && <h4>the scenario without a step of this event</h4>}
      {steps.map((index) => (
        <SkipButton
          key={index}
          name={stepText(recording, index)}
          skip={() => branch(`without step ${index + 1}`, (from) => from.skipStep(index))}
        />
      ))}
      <p>What happens if, after event {at} …</p>
      <h4>a server</h4>
      {recording.servers.map((sid) => (
        <ServerButtons key={sid} sid={sid} process={recording.serverAt(sid, at).process} change={change} />
      ))}
      <h4>a link</h4>
      <LinkButtons servers={recording.servers} isCut={isCut} change={change} />
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
  process,
  sid,
}: {
  readonly change: Change;
  readonly process: ServerView["process"];
  readonly sid: ServerId;
}) {
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

/** Returns the step that the current event performs, such as `step 2, crash 5`. */
function stepText({ records }: Recording, index: number): string {
  const record = records.find((one) => one.event === "script" && one.step === index);
  return `step ${index + 1}${record?.event === "script" ? `, ${describeStep(record)}` : ""}`;
}

function SkipButton({ name, skip }: { readonly name: string; readonly skip: () => void }) {
  return (
    <p class="row">
      <span>{name}</span>
      <button type="button" onClick={skip}>
        skip this step
      </button>
    </p>
  );
}

interface LinkButtonsProps {
  readonly change: Change;
  /** Whether a link is cut, so that it can heal. */
  readonly isCut: boolean;
  readonly servers: readonly ServerId[];
}

function LinkButtons({ change, isCut, servers }: LinkButtonsProps) {
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
      {isCut && (
        <button type="button" onClick={() => change("heal all links", { heal: "all" })}>
          heal all
        </button>
      )}
    </p>
  );
}
