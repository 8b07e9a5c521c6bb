/** The screen of the terminal debugger, as components of Ink. The debugger itself is in view/terminal/. */
import { Box, Text, useApp, useInput, useStdout } from "ink";
import { createElement as h, type ReactNode, useEffect, useReducer } from "react";
import type { Debugger, Key } from "../view/terminal/debugger.ts";
import { type Emphasis, eventLines, headerLine, type Line, panelLines, serverLines } from "../view/terminal/lines.ts";

const COLUMNS_MIN = 60;
const ROWS_MIN = 18;

/** The part of the rows between the servers and the last lines that the list of events gets. */
const EVENTS_SHARE = 0.45;

const STYLES: Readonly<Record<Emphasis, object>> = {
  current: { inverse: true },
  changed: { color: "yellow" },
  bad: { color: "red", bold: true },
  dim: { dimColor: true },
};

export function StepScreen({ debug }: { readonly debug: Debugger }): ReactNode {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const { exit } = useApp();
  const { columns, rows } = useSize(redraw);
  useInput((input, key) => {
    for (const one of keysOf(input, key)) debug.press(one);
    if (debug.isOver) exit();
    else redraw();
  });
  if (columns < COLUMNS_MIN || rows < ROWS_MIN) {
    return h(Text, null, `The debugger needs a terminal of at least ${COLUMNS_MIN} x ${ROWS_MIN} characters.`);
  }
  const servers = serverLines(debug).slice(0, Math.floor(rows / 3));
  // The last row stays free, because a terminal scrolls when its last cell is written.
  const left = rows - 1 - servers.length - 6;
  const events = Math.max(3, Math.floor(left * EVENTS_SHARE));
  const { lines, title } = panelLines(debug, columns);
  const first = Math.min(debug.scroll, Math.max(0, lines.length - 1));
  const shown = lines.slice(first, first + left - events);
  return h(
    Box,
    { flexDirection: "column", width: columns, height: rows - 1 },
    h(Text, { bold: true, wrap: "truncate-end" }, headerLine(debug)),
    h(
      Text,
      { color: "magenta", wrap: "truncate-end" },
      debug.branches.map((one) => `branch: ${one}`).join(" · ") || " ",
    ),
    h(Section, { lines: servers, height: servers.length }),
    h(Rule, { columns, title: "events" }),
    h(Section, { lines: eventLines(debug, events), height: events }),
    h(Rule, { columns, title: more(title, first, shown.length, lines.length) }),
    h(Section, { lines: shown, height: left - events }),
    h(Footer, { debug }),
  );
}

function more(title: string, first: number, shown: number, all: number): string {
  return shown === all ? title : `${title} (${first + 1}–${first + shown} of ${all})`;
}

function Section({ height, lines }: { readonly lines: readonly Line[]; readonly height: number }): ReactNode {
  const texts = lines.map(({ emphasis, text }, i) =>
    h(Text, { key: i, wrap: "truncate-end", ...(emphasis && STYLES[emphasis]) }, text || " "),
  );
  return h(Box, { flexDirection: "column", height, overflow: "hidden" }, texts);
}

function Rule({ columns, title }: { readonly columns: number; readonly title: string }): ReactNode {
  const text = `── ${title} `;
  return h(Text, { color: "cyan", wrap: "truncate-end" }, text + "─".repeat(Math.max(0, columns - text.length)));
}

/** The last two lines: the prompt with its hint, or the result of the last key and the most important keys. */
function Footer({ debug: { message, prompt } }: { readonly debug: Debugger }): ReactNode {
  if (prompt !== undefined) {
    return h(
      Box,
      { flexDirection: "column" },
      h(Text, { wrap: "truncate-end" }, `${prompt.label}: ${prompt.text}█`),
      h(Text, { dimColor: true, wrap: "truncate-end" }, prompt.hint),
    );
  }
  const keys =
    "n next · b back · 1-9 server · g run to · v violation · d decision · w what if · s save · ? keys · q quit";
  return h(
    Box,
    { flexDirection: "column" },
    h(Text, { color: "green", wrap: "truncate-end" }, message || " "),
    h(Text, { dimColor: true, wrap: "truncate-end" }, keys),
  );
}

/** Returns the size of the terminal, and calls `changed` when it changes. */
function useSize(changed: () => void): { columns: number; rows: number } {
  const { stdout } = useStdout();
  useEffect(() => {
    stdout.on("resize", changed);
    return () => {
      stdout.off("resize", changed);
    };
  }, [stdout, changed]);
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}

type InkKey = Parameters<Parameters<typeof useInput>[0]>[1];

const SPECIAL: readonly (readonly [keyof InkKey, Key])[] = [
  ["return", "return"],
  ["escape", "escape"],
  ["backspace", "backspace"],
  ["delete", "backspace"],
  ["tab", "tab"],
  ["upArrow", "up"],
  ["downArrow", "down"],
  ["leftArrow", "left"],
  ["rightArrow", "right"],
  ["pageUp", "pageup"],
  ["pageDown", "pagedown"],
  ["home", "home"],
  ["end", "end"],
];

/** The keys that are control characters inside of a longer input. */
const CONTROLS: Readonly<Record<string, Key>> = {
  "\r": "return",
  "\n": "return",
  "\t": "tab",
  "\b": "backspace",
  "\u007f": "backspace",
};

/** Returns the keys of one input. Text that arrives in one piece, such as pasted text, is several keys. */
function keysOf(input: string, key: InkKey): Key[] {
  const special = SPECIAL.find(([name]) => key[name]);
  if (special !== undefined) return [special[1]];
  return key.ctrl || key.meta ? [] : [...input].map((one) => CONTROLS[one] ?? one);
}
