import { defineConfig } from "vitest/config";

/** The path of the file for the results as JSON. CI sets it (.ci/run). */
const resultsFile = process.env.ZABSIM_TEST_RESULTS;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Each file runs in its own process, because some tests replace globals. CI has two cores.
    pool: "forks",
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
