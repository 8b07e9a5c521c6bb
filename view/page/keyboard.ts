/** The keys of the page. The help lists them. */
import type { PageModel } from "./model.ts";

interface Key {
  /** The key, as KeyboardEvent#key. */
  readonly key: string;
  /** What the key does, for the help. */
  readonly about: string;
  readonly press: (model: PageModel) => void;
}

const currentServer = (model: PageModel): number => model.run.value.timeline.event(model.at.value).server;

/** Moves to the next shown event, or to the previous one. */
function shownStep(model: PageModel, direction: 1 | -1): void {
  const events = model.shown.value[model.current.value]?.events ?? new Int32Array();
  const at = model.at.value;
  const next = direction === 1 ? events.find((event) => event > at) : events.findLast((event) => event < at);
  if (next === undefined) model.notice.value = direction === 1 ? "the end of the run" : "the start of the run";
  else model.goTo(next);
}

export const KEYS: readonly Key[] = [
  { key: "ArrowRight", about: "next shown event", press: (model) => shownStep(model, 1) },
  { key: "ArrowLeft", about: "previous shown event", press: (model) => shownStep(model, -1) },
  {
    key: ".",
    about: "next event, even if the diagram hides it",
    press: (model) => model.move((s) => s.next(), "the end of the run"),
  },
  {
    key: ",",
    about: "previous event, even if the diagram hides it",
    press: (model) => model.move((s) => s.back(), "the start of the run"),
  },
  {
    key: "ArrowDown",
    about: "next event of the same server",
    press: (model) => model.move((s) => s.find({ server: currentServer(model) }, 1), "no later event of this server"),
  },
  {
    key: "ArrowUp",
    about: "previous event of the same server",
    press: (model) =>
      model.move((s) => s.find({ server: currentServer(model) }, -1), "no earlier event of this server"),
  },
  {
    key: "c",
    about: "the cause of the event",
    press: (model) => model.move((s) => s.goToCause(), "the start has no cause"),
  },
  {
    key: "e",
    about: "the first effect of the event",
    press: (model) => model.move((s) => s.goToEffect(), "no effect"),
  },
  {
    key: "d",
    about: "next sync decision",
    press: (model) => model.move((s) => s.find({ what: "decision" }, 1), "no later decision"),
  },
  {
    key: "D",
    about: "previous sync decision",
    press: (model) => model.move((s) => s.find({ what: "decision" }, -1), "no earlier decision"),
  },
  {
    key: "v",
    about: "next violation, or problem in logs",
    press: (model) => model.move((s) => s.find({ what: "violation" }, 1), "no later violation or problem"),
  },
  {
    key: "V",
    about: "previous violation, or problem in logs",
    press: (model) => model.move((s) => s.find({ what: "violation" }, -1), "no earlier violation or problem"),
  },
  { key: "Home", about: "the start of the run", press: (model) => model.goTo(0) },
  { key: "End", about: "the end of the run", press: (model) => model.goTo(Number.MAX_SAFE_INTEGER) },
  {
    key: "o",
    about: "show only what changed, or everything",
    press: (model) => {
      model.onlyChanges.value = !model.onlyChanges.value;
    },
  },
];

/** Handles a key. Keys that belong to an input keep their meaning. */
export function onKey(model: PageModel, event: KeyboardEvent): void {
  const { altKey, ctrlKey, key, metaKey, target } = event;
  if (altKey || ctrlKey || metaKey) return;
  const element = target as HTMLElement;
  const isTyping = element.matches?.(
    "input[type=search], input[type=text], textarea, select, [contenteditable=true], .cm-content",
  );
  if (isTyping) return;
  if (element.matches?.("input[type=range]") && key.startsWith("Arrow")) return;
  const found = KEYS.find((one) => one.key === key);
  if (found === undefined) return;
  event.preventDefault();
  found.press(model);
}
