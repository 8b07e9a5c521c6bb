/** The current event in words, with its lines of the log, its cause, its effects and the messages in flight. */
import type { PageModel } from "./model.ts";

const LIST_MAX = 12;

export function EventPanel({ model }: { readonly model: PageModel }) {
  const run = model.run.value;
  const { timeline } = run;
  const at = model.at.value;
  const event = timeline.event(at);
  const effects = timeline.effectsOf(at).slice(0, LIST_MAX);
  const flying = timeline.inFlightAt(at);
  const lines = run.linesOf(at);
  return (
    <div class="event">
      <p class="when">
        event {at} of {timeline.length}, {timeline.timeText(event.timeUs)}
      </p>
      <h3>{run.titleOf(at)}</h3>
      <ul class="details">
        {run.detailsOf(at).map((text) => (
          <li key={text} class={text.startsWith("violates") ? "violation" : ""}>
            {text}
          </li>
        ))}
      </ul>
      {lines.length > 0 && <h4>Lines of the log</h4>}
      {lines.map(({ file, line, text }) => (
        <p key={`${file}:${line}`} class="log-line">
          <small>
            {file}:{line}
          </small>
          {text}
        </p>
      ))}
      <h4>Cause</h4>
      {at === 0 ? <p>none</p> : <EventLink model={model} event={event.cause} />}
      <h4>Effects</h4>
      {effects.length === 0 && <p>none</p>}
      {effects.map((effect) => (
        <EventLink key={effect} model={model} event={effect} />
      ))}
      <h4>
        Messages in flight <small>{flying.length}</small>
      </h4>
      <ul>
        {flying.slice(0, LIST_MAX).map((message) => (
          <li key={message.id}>
            {message.from} → {message.to} {timeline.messageText(message)}
            {message.heldEvent !== undefined && message.heldEvent <= at ? " (held)" : ""}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A button that goes to an event and shows its title. */
export function EventLink({ model, event }: { readonly model: PageModel; readonly event: number }) {
  return (
    <button type="button" class="link" onClick={() => model.goTo(event)}>
      <span class="number">{event}</span> {model.run.value.titleOf(event)}
    </button>
  );
}
