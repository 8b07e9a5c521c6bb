/** The help: keys, colors and signs. */
import { MESSAGE_GROUPS } from "../diagram/groups.ts";
import { ROW_MEANINGS, STATE_NAMES } from "../session/server-rows.ts";
import { KEYS } from "./keyboard.ts";
import { LineEndLegend, LogLegend, NumberLineLegend } from "./legend.tsx";
import { LOG_ROW_MEANINGS, LogModel } from "./log-model.ts";
import type { PageModel } from "./model.ts";

const KEY_NAMES: Readonly<Record<string, string>> = {
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

export function HelpPanel({ model }: { readonly model: PageModel }) {
  const isLog = model.run.value instanceof LogModel;
  const meanings = isLog ? LOG_ROW_MEANINGS : ROW_MEANINGS;
  return (
    <div class="help">
      <p>
        <button
          type="button"
          onClick={() => {
            model.goTo(0);
            model.tour.value = 0;
          }}
        >
          explain {isLog ? "these logs" : "this run"} in five steps
        </button>
      </p>
      <h4>Keys</h4>
      <dl>
        {KEYS.map(({ about, key }) => (
          <div key={key}>
            <dt>
              <kbd>{KEY_NAMES[key] ?? key}</kbd>
            </dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
      <h4>Lines</h4>
      <p class="legend">
        {STATE_NAMES.map((name) => (
          <span key={name} class={`swatch ${name.toLowerCase()}`}>
            {name}
          </span>
        ))}
        <span class="swatch down">down</span>
      </p>
      <h4>Messages</h4>
      <p class="legend">
        {MESSAGE_GROUPS.map((group) => (
          <span key={group} class={`swatch ${group}`}>
            {group}
          </span>
        ))}
      </p>
      {isLog ? <LogSigns /> : <RunSigns />}
      <h4>Rows of a card</h4>
      <dl>
        {Object.entries(meanings).map(([name, meaning]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <h4>Bars in Decisions</h4>
      <NumberLineLegend hasLogFiles={!isLog} />
      <h4>Search</h4>
      <p>
        A text finds the events whose description contains it. <code>TYPE zxid from N to N</code> finds the arrival or
        the loss of a message; each part after the type is optional. With <code>without TYPE from N</code>, the search
        finds only messages after which no such message arrives. Example: <code>NEWLEADER to 1 without ACK from 1</code>
      </p>
      <p>The address of the page names the moment and the view. Copy it to share them.</p>
    </div>
  );
}

/** The signs of a run. */
function RunSigns() {
  return (
    <>
      <p>
        Dashed with a cross: lost by the network. Dashed with a bar: its connection was reset or closed. Long dashes:
        held by a fault. Two tips: arrived twice. Square: a disk operation is done. Diamond: sync decision. Red cross:
        the process ends; right of a square, it ends after this disk operation, in the same event. Circle with !: an
        invariant is violated. Shaded area: the link between two servers is cut.
      </p>
      <LineEndLegend />
      <h4>Boxes of a history</h4>
      <LogLegend />
    </>
  );
}

/** The signs of logs. */
function LogSigns() {
  return (
    <p>
      An arrow is a message whose sending and arrival the logs show. Few messages have a line of their own at both ends:
      an arrow starts at the last line before the sending, and ends at the first line after the arrival. Square: the
      server has written to its disk. Diamond: sync decision. Triangle and red cross: the process starts, ends. Circle
      with !: a problem that zabsim found.
    </p>
  );
}
