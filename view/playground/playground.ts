/**
 * The editor of the playground, with completion and errors inline, and the gallery of shipped scenarios. It is a script
 * of its own next to the script of the page, which offers `zabsim`. Each change runs the scenario again.
 */
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import type { Problem } from "../../scenarios/scenario-error.ts";
import type { PlaygroundApi } from "../page/main.tsx";
import { unpack } from "../page/packed.ts";
import type { GalleryEntry } from "../page/page-data.ts";
import { completionsAt, type ScenarioSchema } from "./complete.ts";

/** The time without a change after which the scenario runs. */
const QUIET_MS = 300;

const { schema, show } = (globalThis as unknown as { readonly zabsimPlayground: PlaygroundApi }).zabsimPlayground;

function complete(context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/[\w.-]*/);
  const from = word?.from ?? context.pos;
  if (word?.text === "" && !context.explicit) return null;
  const found = completionsAt(schema as ScenarioSchema, context.state.sliceDoc(0, from));
  return {
    from,
    options: found.map(({ about, kind, text }) => ({
      label: text,
      apply: kind === "field" ? `${text}: ` : text,
      info: about,
      type: kind === "field" ? "property" : "constant",
    })),
  };
}

let file = "playground.yaml";
let timer: ReturnType<typeof setTimeout> | undefined;

const editor = new EditorView({
  parent: document.getElementById("editor") as HTMLElement,
  state: EditorState.create({
    extensions: [
      lineNumbers(),
      history(),
      drawSelection(),
      bracketMatching(),
      yaml(),
      // The style sheet of the page has the colors, in light and dark.
      syntaxHighlighting(classHighlighter),
      EditorView.lineWrapping,
      autocompletion({ override: [complete] }),
      lintGutter(),
      keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
      EditorView.contentAttributes.of({ "aria-label": "Scenario" }),
      EditorView.updateListener.of(({ docChanged }) => {
        if (!docChanged) return;
        clearTimeout(timer);
        timer = setTimeout(run, QUIET_MS);
      }),
    ],
  }),
});

function run(): void {
  const problems = show(editor.state.doc.toString(), file);
  editor.dispatch(setDiagnostics(editor.state, problems.map(diagnosticOf)));
}

function diagnosticOf({ accepted, column, field, line, message }: Problem): Diagnostic {
  const { doc } = editor.state;
  const { from, to } = doc.line(Math.max(1, Math.min(line, doc.lines)));
  const start = Math.min(from + Math.max(0, column - 1), to);
  return { from: start, to, severity: "error", message: `${field}: ${message}. Accepted: ${accepted}` };
}

function edit({ name, text }: GalleryEntry): void {
  file = `${name}.yaml`;
  editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  clearTimeout(timer);
  run();
}

async function start(): Promise<void> {
  const text = await unpack(document.getElementById("gallery"));
  const entries = JSON.parse(text) as readonly GalleryEntry[];
  const list = document.getElementById("gallery-list") as HTMLSelectElement;
  for (const group of [...new Set(entries.map((entry) => entry.group))]) {
    const options = document.createElement("optgroup");
    options.label = group;
    for (const { about, group: own, name } of entries) {
      if (own !== group) continue;
      const option = new Option(name, name);
      option.title = about;
      options.append(option);
    }
    list.append(options);
  }
  list.addEventListener("change", () => {
    const entry = entries.find(({ name }) => name === list.value);
    if (entry !== undefined) edit(entry);
  });
  const first = entries[0];
  if (first !== undefined) edit(first);
}

void start();
