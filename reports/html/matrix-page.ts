/** The matrix of known bugs and releases as an HTML page. */
import { cellText, disagrees, explanationsOf, LEGEND, type MatrixEntry } from "../matrix.ts";
import { type Html, html, page } from "./page.ts";

const TITLE = "Known bugs and the releases of ZooKeeper";

export function matrixHtml(entries: readonly MatrixEntry[]): string {
  const releases = [...new Set(entries.map(({ release }) => release))];
  const bugs = [...new Set(entries.map(({ bug }) => bug))];
  const cells = new Map(entries.map((entry) => [`${entry.bug} ${entry.release}`, entry]));
  const titles = releases.map((release) => html`<th scope="col">${release}</th>`);
  const rows = bugs.map((bug) => {
    const row = releases.map((release) => cell(cells.get(`${bug} ${release}`)));
    return html`<tr><th scope="row">ZOOKEEPER-${bug}</th>${row}</tr>\n`;
  });
  return page(
    TITLE,
    html`<header><h1>${TITLE}</h1><p class="muted">${LEGEND}</p></header>
<main><div class="scroll"><table class="heat">
<thead><tr><td></td>${titles}</tr></thead>
<tbody>${rows}</tbody>
</table></div>
${explanationsOf(entries).map((text) => html`<p class="warn">${text}</p>`)}
</main>`,
  );
}

function cell(entry: MatrixEntry | undefined): Html {
  if (entry === undefined) return html`<td></td>`;
  const { median, met, reproduced } = entry;
  const heat = (reproduced ? 0.6 : 0) + ((met ?? 0) > 0 ? 0.4 : 0);
  const found =
    median === undefined ? "" : `; a campaign found it in ${median.runs} runs (${median.seconds.toFixed(1)} s)`;
  const title = `${reproduced ? "the scenario reproduces the bug" : "the scenario does not reproduce the bug"}${found}`;
  const mark = disagrees(entry) ? html` class="warn"` : undefined;
  return html`<td${mark} style="--heat:${heat.toFixed(2)}" title="${title}">${cellText(entry)}</td>`;
}
