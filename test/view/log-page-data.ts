/** The data of a page of logs, from the texts of the logs. */
import { answerOf } from "../../explain/answer.ts";
import { ensembleOf } from "../../explain/ensemble.ts";
import { type EventRange, ensembleEvents } from "../../explain/events/ensemble-events.ts";
import { EventList } from "../../explain/events/event-list.ts";
import { HistoryBuilder } from "../../explain/history-builder.ts";
import { LogReader } from "../../logs/index.ts";
import type { LogPageData } from "../../view/page/page-data.ts";

/** Returns the data of a page from the text of each server's log. */
export function logPage(title: string, logs: ReadonlyMap<number, string>, range: EventRange = {}): LogPageData {
  const read = [...logs].map(([server, text]) => {
    const builder = new HistoryBuilder(server);
    const list = new EventList(server);
    const file = `server-${server}.log`;
    const reader = new LogReader((event) => {
      builder.add(event, file);
      list.add(event, file);
    });
    for (const line of text.split("\n")) reader.read(line);
    for (const ms of reader.end().lastMs.values()) builder.endOfFile(ms);
    return { history: builder.history, list };
  });
  const ensemble = ensembleOf(read.map(({ history }) => history));
  const lists = read.map(({ list }) => list);
  const files = [...logs.keys()].map((server) => ({ path: `server-${server}.log`, server, lines: 0 }));
  return {
    ...{ title, events: ensembleEvents(ensemble, lists, range), answer: answerOf(ensemble, files), version: "test" },
  };
}
