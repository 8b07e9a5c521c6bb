/** The odds of a violation over the moments of the run, as a curve. Each point links to its moment. */
import { useEffect, useRef, useState } from "preact/hooks";
import { eventTitle } from "../session/describe-event.ts";
import {
  continuationViolates,
  errorPoints,
  momentsOf,
  type Odds,
  oddsSentence,
  percent,
  refinement,
} from "../session/odds.ts";
import type { Recording } from "../session/recording.ts";
import type { PageModel } from "./model.ts";
import type { RunModel } from "./run-model.ts";

const MOMENTS = 24;
const RUNS = 24;

export function OddsPanel({ model, run }: { readonly model: PageModel; readonly run: RunModel }) {
  const { recording } = run;
  const [points, setPoints] = useState<readonly Odds[]>([]);
  const [isRunning, setRunning] = useState(false);
  /** The only event that the user asked for last; undefined if it was the whole run. */
  const [single, setSingle] = useState<number | undefined>(undefined);
  const cancel = useRef(() => {});
  useEffect(() => () => cancel.current(), []);
  useEffect(() => {
    cancel.current();
    setPoints([]);
    setRunning(false);
  }, [recording]);

  const shown = model.shown.value[model.current.value]?.events ?? new Int32Array();
  const compute = (events: readonly number[], refines: boolean): void => {
    setRunning(true);
    setSingle(refines ? undefined : events[0]);
    const rest = [...events];
    let known = points;
    const next = (): number | undefined => rest.shift() ?? (refines ? refinement(known, shown) : undefined);
    cancel.current = computeOdds(recording, next, (odds) => {
      if (odds === undefined) setRunning(false);
      else {
        known = [...known.filter(({ event }) => event !== odds.event), odds].sort(byEvent);
        setPoints(known);
      }
    });
  };
  const asked = points.filter(({ event }) => single === undefined || event === single);
  const isExpected = recording.violations.length > 0;
  return (
    <div class="odds">
      <p>From each moment, how often does {isExpected ? "the violation" : "a violation"} follow?</p>
      <p class="row">
        <button type="button" disabled={isRunning} onClick={() => compute(momentsOf(recording, shown, MOMENTS), true)}>
          over the whole run
        </button>
        <button type="button" disabled={isRunning} onClick={() => compute([Math.max(1, model.at.value)], false)}>
          from this event
        </button>
        {isRunning && (
          <button
            type="button"
            onClick={() => {
              cancel.current();
              setRunning(false);
            }}
          >
            stop
          </button>
        )}
      </p>
      {points.length > 1 && <Curve model={model} points={points} />}
      <p role="status">
        {isRunning && `${points.length} moments so far … `}
        {!isRunning && asked.length > 0 && oddsSentence(asked, shown, isExpected)}
      </p>
      <details>
        <summary>details</summary>
        <p>
          From a moment, the page continues the run {RUNS} times, each time with other random latencies and durations.
          The scenario, its steps, and everything up to the moment stay fixed. ± is the half-width of the 95 %
          confidence interval. The page refines the interval in which the odds jump most.
        </p>
        <ul>
          {points.map((odds) => (
            <li key={odds.event}>
              <button type="button" class="link" onClick={() => model.goTo(odds.event)}>
                <b>
                  {percent(odds)} (± {errorPoints(odds)})
                </b>{" "}
                <span class="number">{odds.event}</span> {eventTitle(recording, odds.event)}
              </button>
            </li>
          ))}
        </ul>
      </details>
    </div>
  );
}

/**
 * Computes the odds of the events that `next` returns, with breaks in which the browser paints. Calls `done` after each
 * event, and with undefined at the end. Returns a function that stops it.
 */
function computeOdds(
  recording: Recording,
  next: () => number | undefined,
  done: (odds: Odds | undefined) => void,
): () => void {
  let isStopped = false;
  const run = async (): Promise<void> => {
    for (let event = next(); event !== undefined; event = next()) {
      let violated = 0;
      for (let seed = 1; seed <= RUNS; seed++) {
        if (isStopped) return;
        if (continuationViolates(recording, event, seed)) violated++;
        await new Promise((resolve) => setTimeout(resolve));
      }
      done({ event, runs: RUNS, violated });
    }
    done(undefined);
  };
  void run();
  return () => {
    isStopped = true;
  };
}

function byEvent(a: Odds, b: Odds): number {
  return a.event - b.event;
}

const WIDTH = 320;
const HEIGHT = 120;
const LEFT = 38;

function Curve({ model, points }: { readonly model: PageModel; readonly points: readonly Odds[] }) {
  const last = Math.max(1, points.at(-1)?.event ?? 1);
  const x = (event: number): number => LEFT + (event / last) * (WIDTH - LEFT - 10);
  const y = ({ runs, violated }: Odds): number => HEIGHT - 20 - (violated / runs) * (HEIGHT - 30);
  const text = points.map((odds) => `event ${odds.event}: ${percent(odds)}`).join(", ");
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`Odds of a violation: ${text}`}>
      {[0, 50, 100].map((level) => (
        <g key={level}>
          <line
            x1={LEFT}
            x2={WIDTH - 10}
            y1={y({ event: 0, runs: 100, violated: level })}
            y2={y({ event: 0, runs: 100, violated: level })}
          />
          <text x={LEFT - 4} y={y({ event: 0, runs: 100, violated: level }) + 3} text-anchor="end">
            {level} %
          </text>
        </g>
      ))}
      <line
        class="here"
        x1={x(Math.min(last, model.at.value))}
        x2={x(Math.min(last, model.at.value))}
        y1={10}
        y2={HEIGHT - 20}
      />
      <text x={LEFT} y={HEIGHT - 6}>
        event 0
      </text>
      <text x={WIDTH - 10} y={HEIGHT - 6} text-anchor="end">
        event {last}
      </text>
      <text x={LEFT} y={8}>
        odds
      </text>
      <polyline points={points.map((odds) => `${x(odds.event)},${y(odds)}`).join(" ")} />
      {points.map((odds) => (
        <circle key={odds.event} cx={x(odds.event)} cy={y(odds)} r={3}>
          <title>
            event {odds.event}: {percent(odds)}
          </title>
        </circle>
      ))}
    </svg>
  );
}
