/** The known bugs that explain the failure of a run. */
import { useEffect, useState } from "preact/hooks";
import { countOf } from "../../reports/format.ts";
import { type BugText, hasFailed, knownBugsOf } from "../session/known-bugs.ts";
import type { Recording } from "../session/recording.ts";

/** Up to this number of events, the page looks for the known bug without being asked: it takes about a second. */
const QUICK_EVENTS = 5000;

export function KnownBugs({ recording }: { readonly recording: Recording }) {
  const [bugs, setBugs] = useState<readonly BugText[] | undefined>(undefined);
  const [isWanted, setWanted] = useState(recording.length <= QUICK_EVENTS);
  const isFailed = hasFailed(recording);
  useEffect(() => {
    setBugs(undefined);
    if (!isFailed || !isWanted) return undefined;
    // The browser paints first, because attribution runs the scenario many times.
    const timer = setTimeout(() => setBugs(knownBugsOf(recording)), 50);
    return () => clearTimeout(timer);
  }, [recording, isFailed, isWanted]);
  if (!isFailed) return null;
  return (
    <section class="known-bugs" aria-label="Known bug" aria-live="polite">
      <h3>{bugs !== undefined && bugs.length > 1 ? "Known bugs" : "Known bug"}</h3>
      {bugs === undefined && isWanted && <p>The page looks for a known bug …</p>}
      {!isWanted && (
        <p>
          <button type="button" onClick={() => setWanted(true)}>
            find the known bug
          </button>{" "}
          The page then runs the {countOf(recording.length, "event")} about 100 times.
        </p>
      )}
      {bugs?.length === 0 && <p>No known bug explains this failure.</p>}
      {bugs !== undefined && bugs.length > 1 && (
        <p>These bugs explain the failure together, or cannot be distinguished.</p>
      )}
      {bugs?.map(({ cause, effect, id, releases, ticket }) => (
        <div key={id}>
          <p>
            <b>{ticket ?? id}</b>: {cause} {effect}
          </p>
          <details>
            <summary>scenario and releases</summary>
            <p>
              {id}. {releases}
            </p>
          </details>
        </div>
      ))}
    </section>
  );
}
