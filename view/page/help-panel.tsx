/** The help: keys, colors and signs. */
import { MESSAGE_GROUPS } from "../diagram/groups.ts";
import { STATE_NAMES } from "../session/server-rows.ts";
import { KEYS } from "./keyboard.ts";
import type { PageModel } from "./model.ts";

const KEY_NAMES: Readonly<Record<string, string>> = {
  ArrowRight: "→",
  ArrowLeft: "←",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

export function HelpPanel({ model }: { readonly model: PageModel }) {
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
          explain this run in five steps
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
      <p>
        Dashed with a cross: lost. Long dashes: held by a fault. Two tips: arrived twice. Square: a disk operation is
        done. Diamond: sync decision. Red cross: the process ends. Circle with !: an invariant is violated. Shaded area:
        the link between two servers is cut.
      </p>
      <p>The address of the page names the moment and the view. Copy it to share them.</p>
    </div>
  );
}
