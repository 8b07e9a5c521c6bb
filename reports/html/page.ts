/**
 * The frame of the HTML pages: the style in light and dark, and functions that build markup. A page is one file: it has
 * no script, and its policy forbids every request.
 */

/** Text that is valid markup. Only the functions of this module make it, so that all other text is escaped. */
export interface Html {
  readonly html: string;
}

type Part = Html | string | number | readonly Part[] | undefined;

/** Builds markup from a template. Escapes each value that is not markup itself. Joins lists. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return { html: strings.map((text, i) => `${text}${markup(values[i])}`).join("") };
}

function markup(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "number") return String(part);
  if (typeof part === "string") return escapeMarkup(part);
  return "html" in part ? part.html : part.map(markup).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * Escapes a text for element content and for attributes in quotes. Replaces characters that control the direction of
 * text or that HTML does not allow.
 */
function escapeMarkup(text: string): string {
  return text
    .replace(/[&<>"']/g, (found) => ENTITIES[found] as string)
    .replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}]/gu, "\ufffd");
}

/** Returns a page as the text of a file. */
export function page(title: string, body: Html): string {
  const { html: text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
${body}
</body>
</html>
`;
  return text;
}

const STYLE = `
:root { color-scheme: light dark; --bg: #ffffff; --panel: #f5f6f8; --text: #1b1f24; --muted: #57606a; --line: #d0d7de;
  --accent: #0b62c4; --bad: #b3261e; --good: #1a7f37; --warn: #8a5a00;
  --looking: #8c959f; --following: #0b62c4; --leading: #8a5a00; --observing: #6639ba; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f1319; --panel: #181e27; --text: #e6eaf0; --muted: #9aa5b1;
  --line: #343d49; --accent: #6cb0ff; --bad: #ff8a80; --good: #63c67a; --warn: #e0b050;
  --looking: #8a95a3; --following: #6cb0ff; --leading: #e0b050; --observing: #b79bf5; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 16px 20px 48px; max-width: 1240px; background: var(--bg); color: var(--text);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5em; margin: 0 0 4px; } h2 { font-size: 1.2em; margin: 32px 0 8px; } h3 { font-size: 1em; margin: 0; }
p { margin: 4px 0 12px; max-width: 80ch; } .muted { color: var(--muted); } .bad { color: var(--bad); }
.good { color: var(--good); } .warn { color: var(--warn); }
pre { margin: 8px 0; padding: 10px 12px; overflow-x: auto; background: var(--bg); border: 1px solid var(--line);
  border-radius: 6px; font: 13px/1.45 ui-monospace, monospace; }
code { font: 0.92em ui-monospace, monospace; overflow-wrap: anywhere; }
.card { margin: 12px 0; padding: 12px 14px; background: var(--panel); border: 1px solid var(--line);
  border-radius: 8px; }
.new { border-left: 4px solid var(--bad); }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 10px; margin: 16px 0; }
.facts div { padding: 8px 12px; background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
.facts strong { display: block; font-size: 1.25em; }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(420px, 100%), 1fr)); gap: 0 32px; }
.scroll { overflow-x: auto; } .scroll + p { margin-top: 16px; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 3px 8px; text-align: right; white-space: nowrap; }
th { font-weight: 600; color: var(--muted); } th[scope=row], td.text { text-align: left; }
th[scope=row] { color: var(--text); } tbody tr { border-top: 1px solid var(--line); }
td.text { white-space: normal; }
.heat td { min-width: 46px; background: color-mix(in srgb, var(--accent) calc(var(--heat, 0) * 60%), transparent); }
.heat thead th { writing-mode: vertical-rl; transform: rotate(180deg); text-align: left; padding: 8px 3px; }
.bar { display: inline-block; width: 90px; height: 8px; background: var(--line); border-radius: 4px; overflow: hidden; }
.bar i { display: block; height: 100%; background: var(--accent); }
summary { cursor: pointer; color: var(--accent); padding: 4px 0; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
svg { display: block; max-width: 100%; height: auto; } svg text { fill: var(--text); font: 12px system-ui, sans-serif; }
svg .dim { fill: var(--muted); } svg .axis { stroke: var(--line); } svg .curve { fill: none; stroke: var(--accent);
  stroke-width: 2; } svg .column { fill: var(--accent); }
.diagram svg { max-width: none; } .diagram .time { stroke-width: 3; }
.diagram .message { stroke: var(--muted); fill: none; }
.diagram .lost { stroke: var(--bad); stroke-dasharray: 4 3; } .diagram .head { fill: var(--muted); stroke: none; }
.diagram .violated { fill: var(--bad); font-weight: 600; } .diagram .mark { fill: var(--text); }
.diagram .down { stroke: var(--line); stroke-dasharray: 2 4; }
.looking { stroke: var(--looking); } .following { stroke: var(--following); } .leading { stroke: var(--leading); }
.observing { stroke: var(--observing); }
`;
