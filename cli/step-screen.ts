/** The screen of the terminal debugger, as components of Ink. The debugger itself is in view/terminal/. */
import { Box, Text, type TextProps, useApp, useInput, useStdout } from "ink";
import { createContext, createElement as h, type ReactNode, useContext, useEffect, useReducer } from "react";
import type { Debugger, Key } from "../view/terminal/debugger.ts";
import { type Emphasis, eventLines, headerLine, type Line, panelLines, serverLines } from "../view/terminal/lines.ts";

const COLUMNS_MIN = 60;
const ROWS_MIN = 18;

/** The part of the rows between the servers and the last lines that the list of events gets. */
const EVENTS_SHARE = 0.45;

const FOOTER_ROWS = 3;
const KEYS =
  "n next · b back · 1-9 server · g run to · v violation · d decision · w what if · s save · ? keys · q quit";

const STYLES: Readonly<Record<Emphasis, RowProps>> = {
  current: { inverse: true },
  changed: { color: "yellow" },
  bad: { color: "red", bold: true },
  dim: { dimColor: true },
};

export interface StepScreenProps {
  readonly debug: Debugger;
  /** Whether the screen has colors. Without them, it still emphasizes by brightness and by inversion. */
  readonly isColored: boolean;
  /** The number of recorded events. A new value paints the screen again. */
  readonly recorded: number;
}

export function StepScreen({ debug, isColored }: StepScreenProps): ReactNode {
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
  const left = rows - 1 - servers.length - FOOTER_ROWS - 4;
  const events = debug.panel === "help" ? 3 : Math.max(3, Math.floor(left * EVENTS_SHARE));
  const { lines, title } = panelLines(debug, columns);
  const first = Math.min(debug.scroll, Math.max(0, lines.length - 1));
  const shown = lines.slice(first, first + left - events);
  const branches = debug.branches.map((one) => `branch: ${one}`).join(" · ");
  return h(
    Colors.Provider,
    { value: isColored },
    h(
      Box,
      { flexDirection: "column", width: columns, height: rows - 1 },
      h(Row, { bold: true }, headerLine(debug)),
      h(Row, { color: "magenta" }, branches),
      h(Section, { lines: servers, height: servers.length }),
      h(Rule, { columns, title: "events" }),
      h(Section, { lines: eventLines(debug, events), height: events }),
      h(Rule, { columns, title: more(title, first, shown.length, lines.length) }),
      h(Section, { lines: shown, height: left - events }),
      h(Footer, { debug }),
    ),
  );
}

/** Whether the screen has colors. */
const Colors = createContext(true);

type RowProps = Pick<TextProps, "bold" | "color" | "dimColor" | "inverse" | "wrap"> & { readonly children?: ReactNode };

/** A line. It is cut at the width of the terminal, unless `wrap` says otherwise. */
function Row({ children, color, ...rest }: RowProps): ReactNode {
  const colors = useContext(Colors) && color !== undefined ? { color } : {};
  return h(Text, { wrap: "truncate-end", ...rest, ...colors }, children || " ");
}

function more(title: string, first: number, shown: number, all: number): string {
  return shown === all ? title : `${title} (${first + 1}–${first + shown} of ${all})`;
}

function Section({ height, lines }: { readonly lines: readonly Line[]; readonly height: number }): ReactNode {
  const texts = lines.map(({ emphasis, text }, i) => h(Row, { key: i, ...(emphasis && STYLES[emphasis]) }, text));
  return h(Box, { flexDirection: "column", height, overflow: "hidden" }, texts);
}

function Rule({ columns, title }: { readonly columns: number; readonly title: string }): ReactNode {
  const text = `── ${title} `;
  return h(Row, { color: "cyan" }, text + "─".repeat(Math.max(0, columns - text.length)));
}

/** The last lines: the prompt with its hint, or the result of the last key and the most important keys. */
function Footer({ debug: { message, prompt } }: { readonly debug: Debugger }): ReactNode {
  const first =
    prompt === undefined
      ? h(Row, { color: "green", wrap: "wrap" }, message)
      : h(Row, { inverse: true }, `${prompt.label}: ${prompt.text}█`);
  return h(
    Box,
    { flexDirection: "column", height: FOOTER_ROWS, overflow: "hidden" },
    first,
    h(Row, { dimColor: true, wrap: "wrap" }, prompt?.hint ?? KEYS),
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
