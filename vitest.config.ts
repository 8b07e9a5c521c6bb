import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { compiledSources } from "./test/compiled-sources.ts";

/** The path of the file for the results as JSON. CI sets it (.ci/run). */
const resultsFile = process.env.ZABSIM_TEST_RESULTS;

/** The test files that take longest, so that both processes end at about the same time. */
const LONGEST: readonly string[] = [
  "cli/run",
  "cli/fuzz",
  "view/page/page",
  "package/docs-commands",
  "mutants/mutants",
  "cli/matrix",
  "cli/terminal",
  "cli/explain",
  "view/page/log-page",
  "reports/zklog/round-trip",
  "package/packaging",
  "package/readme",
];

/** Starts the longest test files first. vitest knows the durations only if it has run the tests before. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const index = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return index < 0 ? LONGEST.length : index;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  plugins: process.env.ZABSIM_COMPILED ? [compiledSources()] : [],
  test: {
    include: ["test/**/*.test.ts"],
    // CI has two cores. Each of the two processes loads a module once for all its test files, which saves a fifth of
    // the time. A test that replaces a global restores it.
    pool: "forks",
    isolate: false,
    maxWorkers: 2,
    // A larger young generation and V8's baseline compiler save a tenth of the time.
    execArgv: ["--max-semi-space-size=64", "--sparkplug"],
    // Node loads the build, as it does for users.
    server: { deps: { external: [/\/dist\/[^/]+\.js$/] } },
    // Long enough for a busy machine. No test asserts real time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // The order of the tests never changes.
    sequence: { shuffle: false, concurrent: false, sequencer: LongestFirst },
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
