/** Tests the frame of the HTML pages and the escaping of text. */
import { expect, it } from "vitest";
import { html, page } from "../../../reports/html/page.ts";

it("escapes text and attributes, and keeps markup that a template made", () => {
  const name = `<img src=x onerror="alert('1')">&`;
  const inner = html`<b title="${name}">${name}</b>`;
  expect(inner.html).not.toContain("<img");
  expect(html`<p>${[inner, "<i>", 3, undefined]}</p>`.html).toBe(`<p>${inner.html}&lt;i&gt;3</p>`);
  expect(html`${`"'`}`.html).toBe("&quot;&#39;");
});

it("replaces characters that control the direction of text", () => {
  expect(html`${"a\u202eb\u0000c\nd"}`.html).toBe("a\ufffdb\ufffdc\nd");
});

it("has a policy that forbids scripts and requests", () => {
  const text = page("<title>", html`<main></main>`);
  expect(text).toContain("<title>&lt;title&gt;</title>");
  expect(text).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
});
