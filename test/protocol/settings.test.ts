import { expect, it } from "vitest";
import { DEFAULT_SETTINGS, limitText } from "../../protocol/settings.ts";

it("names a limit with its ticks and its length", () => {
  expect(limitText("initLimit", DEFAULT_SETTINGS)).toBe("initLimit (10 ticks of 2000 ms = 20 s)");
  expect(limitText("syncLimit", { ...DEFAULT_SETTINGS, syncLimit: 1, tickTimeMs: 250 })).toBe(
    "syncLimit (1 tick of 250 ms = 0.25 s)",
  );
});
