import { defineConfig } from "vitest/config";
import { compiledSources } from "./test/compiled-sources.ts";

/** The path of the file for the results as JSON. CI sets it (.ci/run). */
const resultsFile = process.env.ZABSIM_TEST_RESULTS;

export default defineConfig({
  plugins: process.env.ZABSIM_COMPILED ? [compiledSources()] : [],
  test: {
    include: ["test/**/*.test.ts"],
    // CI has two cores. Each of the two processes loads a module once for all its test files, which saves a fifth of
    // the time. A test that replaces a global restores it.
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    // Long enough for a busy machine. No test asserts real time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The order of the tests never changes.
    sequence: { shuffle: false, concurrent: false },
    // Active with --coverage only. The core and the simulator have no code that no test reaches.
    coverage: {
      provider: "v8",
      include: ["protocol/**/*.ts", "sim/**/*.ts"],
      // Tests, and files without code to run: they re-export or declare types.
      exclude: [
        "test/**",
        "**/index.ts",
        "**/*.d.ts",
        "protocol/role-server.ts",
        "protocol/learner/learner-service.ts",
      ],
      thresholds: {
        "protocol/**/*.ts": { lines: 100, branches: 98 },
        "sim/**/*.ts": { lines: 100, branches: 98 },
      },
    },
    reporters: resultsFile ? ["default", ["json", { outputFile: resultsFile }]] : ["default"],
  },
});
