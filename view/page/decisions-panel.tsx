/** The sync decisions. Each one links to its moment and shows its zxids on a line. */

import { NumberLineLegend } from "./legend.tsx";
import { LogModel } from "./log-model.ts";
import type { PageModel } from "./model.ts";
import type { NumberLine } from "./number-line.ts";
import type { ShownDecision } from "./subject.ts";

export function DecisionsPanel({ model }: { readonly model: PageModel }) {
  const run = model.run.value;
  const isLog = run instanceof LogModel;
  const decisions = run.decisions();
  if (decisions.length === 0) {
    return <p>{isLog ? "No log shows a synchronization." : "No leader synchronizes a learner in this run."}</p>;
  }
  return (
    <div>
      <NumberLineLegend hasLogFiles={!isLog} />
      <table class="decisions">
        <thead>
          <tr>
            <th>event</th>
            <th>leader</th>
            <th>learner</th>
            <th>decision</th>
          </tr>
        </thead>
        {decisions.map((decision, index) => (
          <Decision key={index} model={model} decision={decision} />
        ))}
      </table>
    </div>
  );
}

function Decision({ decision, model }: { readonly model: PageModel; readonly decision: ShownDecision }) {
  const { event, leader, learner, line, loss, notes, observer, packet, why } = decision;
  return (
    <tbody class={event === model.at.value ? "current" : ""}>
      <tr>
        <td>
          {event === undefined ? (
            "-"
          ) : (
            <button type="button" class="link number" onClick={() => model.goTo(event)}>
              {event}
            </button>
          )}
        </td>
        <td>{leader}</td>
        <td>
          {learner} {observer ? "observer" : ""}
        </td>
        <td>
          <b class={loss === undefined ? "" : "violation"}>{packet}</b>
        </td>
      </tr>
      <tr>
        <td colSpan={4}>
          {line !== undefined && <NumberLineView line={line} />}
          <p>{why}</p>
          {loss !== undefined && <p class="violation">{loss}</p>}
          {notes.map((note) => (
            <p key={note}>{note}</p>
          ))}
        </td>
      </tr>
    </tbody>
  );
}

const WIDTH = 300;
const LEFT = 12;

function NumberLineView({ line }: { readonly line: NumberLine }) {
  const x = (place: number): number => LEFT + place * (WIDTH - 2 * LEFT);
  return (
    <svg class="number-line" viewBox={`0 0 ${WIDTH} 62`} role="img" aria-label={line.text}>
      <title>{line.text}</title>
      <line x1={0} x2={WIDTH} y1={34} y2={34} class="axis" />
      {line.ranges.map(({ from, kind, to }, index) => (
        <rect
          key={kind}
          class={kind}
          x={x(from) - 3}
          width={x(to) - x(from) + 6}
          y={index === 0 ? 37 : 26}
          height={6}
          rx={2}
        />
      ))}
      {line.ticks.map(({ place, text }, index) => (
        <g key={text}>
          <line x1={x(place)} x2={x(place)} y1={24} y2={44} class="tick" />
          <text x={x(place)} y={index % 2 === 0 ? 56 : 10} text-anchor={anchor(place)}>
            {text}
          </text>
        </g>
      ))}
      <path class="peer" d={`M ${x(line.peer)} 24 l -5 -9 h 10 z`} />
    </svg>
  );
}

function anchor(place: number): "start" | "middle" | "end" {
  if (place < 0.1) return "start";
  return place > 0.9 ? "end" : "middle";
}
