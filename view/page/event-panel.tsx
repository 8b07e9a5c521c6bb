/** The current event in words, with its cause, its effects and the messages in flight. */
import { formatMoment } from "../../reports/format.ts";
import { eventDetails, eventTitle, messageText } from "../session/describe-event.ts";
import type { PageModel } from "./model.ts";

const LIST_MAX = 12;

export function EventPanel({ model }: { readonly model: PageModel }) {
  const { recording } = model.run.value;
  const at = model.at.value;
  const event = recording.event(at);
  const effects = recording.effectsOf(at).slice(0, LIST_MAX);
  const flying = recording.inFlightAt(at);
  return (
    <div class="event">
      <p class="when">
        event {at} of {recording.length}, {formatMoment(event.timeUs)} s
      </p>
      <h3>{eventTitle(recording, at)}</h3>
      <ul class="details">
        {eventDetails(recording, at).map((text) => (
          <li key={text} class={text.startsWith("violates") ? "violation" : ""}>
            {text}
          </li>
        ))}
      </ul>
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
        {flying.slice(0, LIST_MAX).map(({ from, id, heldEvent, message, to }) => (
          <li key={id}>
            {from} → {to} {messageText(message)}
            {heldEvent !== undefined && heldEvent <= at ? " (held)" : ""}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A button that goes to an event and shows its title. */
export function EventLink({ model, event }: { readonly model: PageModel; readonly event: number }) {
  const { recording } = model.run.value;
  return (
    <button type="button" class="link" onClick={() => model.goTo(event)}>
      <span class="number">{event}</span> {eventTitle(recording, event)}
    </button>
  );
}
