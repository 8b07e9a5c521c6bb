/** The canvas of the page in a real Chromium: it follows the current event, and a click selects what it shows. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PageModel } from "../../../view/page/model.ts";
import { chromiumPath, dataOf, launch, open } from "./browser.ts";

const BUG = "zookeeper-4643-current-epoch-before-diff-is-logged";

const executablePath = chromiumPath();

let browser: Browser;
beforeAll(async () => {
  if (executablePath !== undefined) browser = await launch(executablePath);
});
afterAll(async () => {
  await browser?.close();
});

/** The objects that the page offers to tests. */
declare const zabsim: { readonly model: PageModel };

async function openBug(hash: string): Promise<Page> {
  const data = dataOf(BUG, readFileSync(`scenarios/bugs/${BUG}.yaml`, "utf8"));
  const { page } = await open(browser, data, { hash, width: 900 });
  return page;
}

/** Returns the pixels of the canvas after the next frame, and the columns in which the cursor is painted. */
async function canvasOf(page: Page): Promise<{ readonly image: string; readonly cursorX: readonly number[] }> {
  // The text of the function is plain JavaScript, because the tests have no types of a browser.
  return page.evaluate(`new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    const canvas = document.querySelector("canvas");
    const { data, height, width } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const color = getComputedStyle(canvas).getPropertyValue("--cursor").trim();
    const wanted = [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
    const isCursor = (x, y) => {
      const pixel = 4 * (y * width + x);
      return data[pixel + 3] > 100 && wanted.every((one, i) => Math.abs(one - data[pixel + i]) < 12);
    };
    const cursorX = [];
    for (let x = 0; x < width; x++) {
      let count = 0;
      for (let y = 0; y < height; y++) if (isCursor(x, y)) count++;
      if (count > height / 2) cursorX.push(x);
    }
    resolve({ image: canvas.toDataURL(), cursorX });
  })))`);
}

const FRAMES_MAX = 100;

/** Waits until the canvas has other pixels than `image`: a busy browser paints some frames later. */
async function changedCanvasOf(page: Page, image: string): ReturnType<typeof canvasOf> {
  let next = await canvasOf(page);
  for (let frames = 0; next.image === image && frames < FRAMES_MAX; frames += 2) next = await canvasOf(page);
  return next;
}

describe.skipIf(executablePath === undefined)("in Chromium, the diagram", () => {
  test("follows the current event, however it is chosen", async () => {
    const page = await openBug("#at=0");
    const ways: readonly (readonly [string, () => Promise<unknown>])[] = [
      ["the key v", () => page.keyboard.press("v")],
      ["the key Home", () => page.keyboard.press("Home")],
      ["the key End", () => page.keyboard.press("End")],
      ["the key D", () => page.keyboard.press("D")],
      ["the key ArrowRight", () => page.keyboard.press("ArrowRight")],
      ["the key .", () => page.keyboard.press(".")],
      ["the slider", () => page.fill(".scrub", "40")],
      [
        "the search",
        async () => {
          await page.fill("[type=search]", "TRUNC 1:3");
          await page.keyboard.press("Enter");
        },
      ],
      ["the tab Why", () => page.click("#tab-why")],
      ["a link of the explanation", () => page.locator(".why li button.link").first().click()],
      ["the address", () => page.evaluate("location.hash = '#at=20'")],
    ];
    let { image } = await canvasOf(page);
    for (const [name, choose] of ways) {
      await choose();
      const next = await changedCanvasOf(page, image);
      expect(next.image === image, `the canvas is unchanged after ${name}`).toBe(false);
      expect(next.cursorX.length, `columns of the cursor after ${name}`).toBeGreaterThan(0);
      image = next.image;
    }
    await page.close();
  });

  test("follows the steps of the tour", async () => {
    const page = await openBug("");
    let { image } = await canvasOf(page);
    for (let step = 1; step < 5; step++) {
      await page.click(".tour >> text=next");
      const next = await (step === 3 ? canvasOf(page) : changedCanvasOf(page, image));
      // Steps 3 and 4 show the same event.
      if (step !== 3) expect(next.image === image, `the canvas is unchanged in step ${step + 1}`).toBe(false);
      expect(next.cursorX.length, `columns of the cursor in step ${step + 1}`).toBeGreaterThan(0);
      image = next.image;
    }
    await page.close();
  });

  test("shows the current event after the window gets another size", async () => {
    const page = await openBug("#at=145&panel=why");
    await page.click("#tab-event");
    await page.keyboard.press("Home");
    const before = await canvasOf(page);
    await page.setViewportSize({ width: 900, height: 700 });
    await canvasOf(page);
    await page.setViewportSize({ width: 900, height: 800 });
    // The observer of the size runs some time after the change.
    const isSame = async (): Promise<boolean> => (await canvasOf(page)).image === before.image;
    await expect.poll(isSame, { timeout: 10_000 }).toBe(true);
    await page.close();
  });

  test("moves the part of the run that it shows to an event outside of it, and only then", async () => {
    const page = await openBug("#at=0");
    const start = await canvasOf(page);
    await page.keyboard.press("ArrowRight");
    const second = await canvasOf(page);
    await page.keyboard.press("End");
    const end = await canvasOf(page);
    const x = (one: typeof start): number => one.cursorX[0] ?? Number.NaN;
    expect(x(second) - x(start)).toBeGreaterThan(10);
    expect(x(second) - x(start)).toBeLessThan(62);
    expect(x(end)).toBeLessThan(900);
    await page.close();
  });
});
