/**
 * Entry of scripts/mutants.mjs: bundled with one mutant, or with none, and run in a process of its own. Takes the options of
 * the search as JSON, prints its result as JSON.
 */
import { type SearchOptions, searchUntilKilled } from "./search.ts";

console.log(JSON.stringify(searchUntilKilled(JSON.parse(process.argv[2] ?? "{}") as SearchOptions)));
