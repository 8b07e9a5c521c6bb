/** Search, filters and the scrub bar. */
import { useState } from "preact/hooks";
import { MESSAGE_GROUPS } from "../diagram/groups.ts";
import { nextHit } from "../session/find-event.ts";
import { MESSAGE_TYPES, parseSearch } from "../session/search.ts";
import { LogModel } from "./log-model.ts";
import type { PageModel } from "./model.ts";

export function Toolbar({ model }: { readonly model: PageModel }) {
  const { timeline } = model.run.value;
  const isLog = model.run.value instanceof LogModel;
  return (
    <div class="toolbar">
      <Search model={model} />
      <fieldset>
        <legend>messages</legend>
        {MESSAGE_GROUPS.map((group) => (
          <label key={group} class={`chip group-${group}`}>
            <input
              type="checkbox"
              checked={model.groups.value.has(group)}
              onChange={() => {
                model.groups.value = toggled(model.groups.value, group);
              }}
            />
            {group}
          </label>
        ))}
      </fieldset>
      <MessageTypes model={model} />
      <fieldset>
        <legend>servers</legend>
        {timeline.servers.map((sid) => (
          <label key={sid} class="chip">
            <input
              type="checkbox"
              checked={!model.hiddenServers.value.has(sid)}
              onChange={() => {
                model.hiddenServers.value = toggled(model.hiddenServers.value, sid);
              }}
            />
            {sid}
          </label>
        ))}
      </fieldset>
      <label class="chip">
        <input
          type="checkbox"
          checked={model.showsQuietEvents.value}
          onChange={() => {
            model.showsQuietEvents.value = !model.showsQuietEvents.value;
          }}
        />
        {isLog ? "all lines" : "timers and disks"}
      </label>
      <label class="chip">
        axis{" "}
        <select
          value={model.axis.value}
          onChange={({ currentTarget }) => {
            model.axis.value = currentTarget.value === "time" ? "time" : "order";
          }}
        >
          <option value="order">order of events</option>
          <option value="time">time</option>
        </select>
      </label>
    </div>
  );
}

/** The choice of one type of messages. It offers the types of the run. */
function MessageTypes({ model }: { readonly model: PageModel }) {
  const sent = new Set(model.run.value.timeline.messages.map(({ type }) => type));
  const chosen = model.messageType.value;
  const types = MESSAGE_TYPES.filter((type) => sent.has(type) || type === chosen);
  return (
    <label class="chip">
      only{" "}
      <select
        aria-label="Type of messages"
        value={chosen ?? ""}
        onChange={({ currentTarget }) => {
          model.messageType.value = currentTarget.value === "" ? undefined : currentTarget.value;
        }}
      >
        <option value="">these groups</option>
        {types.map((type) => (
          <option key={type} value={type}>
            {type}
          </option>
        ))}
      </select>
    </label>
  );
}

function Search({ model }: { readonly model: PageModel }) {
  const [text, setText] = useState("");
  const find = (direction: 1 | -1): void => {
    if (text.trim() === "") return;
    const hits = model.run.value.cursor.findAll(parseSearch(text));
    if (hits.length === 0) {
      model.notice.value = `"${text}" is not found`;
      return;
    }
    const from = model.at.value;
    const index = nextHit(hits, from, direction);
    const hit = hits[index] as number;
    const wraps = direction === 1 ? hit <= from : hit >= from;
    model.goTo(hit);
    model.notice.value = `hit ${index + 1} of ${hits.length}${wraps ? "; the search continued at the other end" : ""}`;
  };
  return (
    <form
      class="search"
      onSubmit={(event) => {
        event.preventDefault();
        find(1);
      }}
    >
      <input
        type="search"
        aria-label="Search events"
        placeholder="search"
        title="a zxid, text, or a pattern of messages, such as: NEWLEADER to 1 without ACK from 1"
        value={text}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <button type="submit">find next</button>
      <button type="button" onClick={() => find(-1)}>
        find previous
      </button>
    </form>
  );
}

export function ScrubBar({ model }: { readonly model: PageModel }) {
  const { timeline } = model.run.value;
  const violated = new Set(timeline.violations.map((_, index) => timeline.eventOfViolation(index)));
  return (
    <div class="scrub-bar">
      <input
        class="scrub"
        type="range"
        aria-label="Event"
        min={0}
        max={timeline.length}
        value={model.at.value}
        onInput={({ currentTarget }) => model.goTo(Number(currentTarget.value))}
      />
      {[...violated].map((event) => (
        <span key={event} class="scrub-violation" style={`--place: ${event / Math.max(1, timeline.length)}`} />
      ))}
    </div>
  );
}

function toggled<Item>(set: ReadonlySet<Item>, item: Item): ReadonlySet<Item> {
  const next = new Set(set);
  if (!next.delete(item)) next.add(item);
  return next;
}
