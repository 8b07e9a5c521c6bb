/**
 * The packed parts of a page: text that is compressed with gzip and encoded in base64. `zabsim view` packs the script
 * and the scenario, so that a page stays below 1 MB for any scenario.
 */

/** Returns the text of an element with packed content. */
export async function unpack(element: Element | null): Promise<string> {
  const packed = Uint8Array.from(atob(element?.textContent?.trim() ?? ""), (one) => one.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
