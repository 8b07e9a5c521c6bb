import { defineConfig } from "vitest/config";

/** Where CI wants the results as JSON too (.ci/run). */
const resultsFile = process.env.ZABSIM_TEST_RESULTS;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // One process a file: some tests poison globals, some start the command line. Two at a time, as many as CI has
    // cores.
    pool: "forks",
    maxWorkers: 2,
    // Generous: a busy machine is no failure. No test asserts on the time of the wall.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The same order every time.
    sequence: { shuffle: false, concurrent: false },
    reporters: resultsFile ? ["default", ["json", { outputFile: resultsFile }]] : ["default"],
  },
});
