// Asks ZooKeeper's own classes and zabsim the same questions, and compares the answers (test/java/README.md).
//
//   node scripts/test-java.mjs [--release R] [--kind K] [--seed N] [--inputs N] [--long] [--cases FILE]
//
// The exit code is 0 if all answers agree, 1 if one differs, and 70 if the questions could not be asked.
import { importBundle, root } from "./import-bundle.mjs";

const { main } = await importBundle("test/java/main.ts", "out/test-java.mjs");
try {
  process.exitCode = await main(root, process.argv.slice(2));
} catch (error) {
  console.error(`test:java: ${error.message}`);
  process.exitCode = 70;
}
