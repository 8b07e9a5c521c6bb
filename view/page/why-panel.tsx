/** The explanation of each violation. Each sentence links to its event, and the diagram lights these events. */
import { formatMoment } from "../../reports/format.ts";
import { type WhySentence, whyChains } from "../session/why-chain.ts";
import { KnownBugs } from "./known-bugs.tsx";
import type { PageModel } from "./model.ts";
import type { RunModel } from "./run-model.ts";

export function WhyPanel({ model, run }: { readonly model: PageModel; readonly run: RunModel }) {
  const { recording } = run;
  const chains = whyChains(recording);
  const bugs = <KnownBugs key={recording.length} recording={recording} />;
  if (chains.length === 0) {
    return (
      <div class="why">
        <p>Every invariant holds in this run.</p>
        {bugs}
      </div>
    );
  }
  return (
    <div class="why">
      {bugs}
      {chains.map((chain) => (
        <section key={chain.title}>
          <h3>
            <button type="button" class="link violation" onClick={() => model.goTo(chain.event)}>
              {chain.title}
            </button>
          </h3>
          <p>The broken rule: {chain.statement}</p>
          {chain.same.map((title) => (
            <p key={title}>The same cause: {title}</p>
          ))}
          <ol>
            {chain.sentences.map((sentence, index) => (
              <Sentence key={index} model={model} sentence={sentence} />
            ))}
          </ol>
          {chain.life.length > 0 && (
            <details>
              <summary>The life of {chain.life[0]}</summary>
              {chain.life.slice(1).map((line) => (
                <p key={line}>{line}</p>
              ))}
            </details>
          )}
        </section>
      ))}
    </div>
  );
}

function Sentence({ model, sentence }: { readonly model: PageModel; readonly sentence: WhySentence }) {
  const { atUs, event, mark, text } = sentence;
  const isCurrent = event !== undefined && event === model.at.value;
  const classes = [`depth-${sentence.depth}`, mark === undefined ? "" : "root", isCurrent ? "current" : ""];
  return (
    <li class={classes.filter((one) => one !== "").join(" ")}>
      {event === undefined ? (
        <>
          <Relation sentence={sentence} />
          {text}
        </>
      ) : (
        <button type="button" class="link" onClick={() => model.goTo(event)}>
          <Relation sentence={sentence} />
          {text} {atUs !== undefined && <small>{formatMoment(atUs)} s</small>}
        </button>
      )}
    </li>
  );
}

/** How a sentence relates to the one before it. */
function Relation({ sentence: { depth, mark } }: { readonly sentence: WhySentence }) {
  if (mark !== undefined) return <b>{mark}: </b>;
  return depth === 1 ? <>because: </> : null;
}
