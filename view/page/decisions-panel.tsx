/** The sync decisions of the run. Each one links to its moment and shows its zxids on a line. */
import type { RecordOf } from "../../cluster/records.ts";
import { explainDecision } from "../../reports/describe.ts";
import { zxidText } from "../session/describe-event.ts";
import { truncLoss } from "../session/trunc-loss.ts";
import { NumberLineLegend } from "./legend.tsx";
import type { PageModel } from "./model.ts";
import { numberLine } from "./number-line.ts";

export function DecisionsPanel({ model }: { readonly model: PageModel }) {
  const { committed, recording } = model.run.value;
  const decisions = recording.records.flatMap((record, index) => {
    if (record.event !== "sync-decided") return [];
    const event = recording.eventOfRecord(index);
    return [{ record, event, loss: truncLoss(recording, committed, event, record) }];
  });
  if (decisions.length === 0) return <p>No leader synchronizes a learner in this run.</p>;
  return (
    <div>
      <NumberLineLegend />
      <table class="decisions">
        <thead>
          <tr>
            <th>event</th>
            <th>leader</th>
            <th>learner</th>
            <th>decision</th>
          </tr>
        </thead>
        {decisions.map(({ event, loss, record }) => (
          <tbody key={event + record.learner} class={event === model.at.value ? "current" : ""}>
            <tr>
              <td>
                <button type="button" class="link number" onClick={() => model.goTo(event)}>
                  {event}
                </button>
              </td>
              <td>{record.server}</td>
              <td>
                {record.learner} {record.observer ? "observer" : ""}
              </td>
              <td>
                <b class={loss === undefined ? "" : "violation"}>
                  {record.decision} {zxidText(record.zxid)}
                </b>
              </td>
            </tr>
            <tr>
              <td colSpan={4}>
                <NumberLine decision={record} log={logZxids(model, event, record)} />
                <p>{explainDecision(record)}</p>
                {loss !== undefined && <p class="violation">{loss}</p>}
              </td>
            </tr>
          </tbody>
        ))}
      </table>
    </div>
  );
}

/** Returns the range of the transaction log of the server that decides. */
function logZxids(model: PageModel, event: number, { server }: RecordOf<"sync-decided">): readonly number[] {
  const { log } = model.run.value.recording.serverAt(server, event).disk;
  const zxids = log.flatMap(({ name, records }) => (records.length === 0 ? [] : [name, records.zxid]));
  return zxids.length === 0 ? [] : [zxids[0] as number, zxids.at(-1) as number];
}

const WIDTH = 300;
const LEFT = 12;

function NumberLine({
  decision,
  log,
}: {
  readonly decision: RecordOf<"sync-decided">;
  readonly log: readonly number[];
}) {
  const line = numberLine(decision, log);
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
