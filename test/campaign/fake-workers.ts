/**
 * Simulates the workers of a campaign. A plan's failure and the result of its investigation depend only on its seed and
 * on the known bugs that usually explain its signature. A second seed determines the random order in which tasks end.
 */
import type { CampaignWorkers } from "../../campaign/campaign-workers.ts";
import { BLOCK_SIZE, type BlockResult, type FailedPlan } from "../../fuzz/block.ts";
import { RandomStreams } from "../../sim/index.ts";
import { failedPlan, finding } from "./failed-plan.ts";

const SIGNATURES = ["agreement (leading, following)", "agreement (looking)", "stuck (timeout)", "other (leading)"];
const BUGS = ["bug-a", "bug-b", "bug-c"];

/** Returns the failing plan of a seed. Returns undefined if the seed does not fail. About one of seven seeds fails. */
function planOf(seed: bigint, usualBugs: Readonly<Record<string, readonly string[]>>): FailedPlan | undefined {
  const draw = new RandomStreams(seed).stream("plan");
  const pick = <T>(items: readonly T[]): T => items[draw.u32() % items.length] as T;
  if (draw.u32() % 7 !== 0) return undefined;
  const signature = pick(SIGNATURES);
  const bugs = BUGS.filter(() => draw.u32() % 2 === 0);
  // Like a real campaign, first tries a known bug that already explains a failure with this signature.
  const usual = usualBugs[signature]?.find((bug) => bugs.includes(bug));
  const candidates = usual === undefined ? bugs : [usual];
  return failedPlan({ seed, signature, candidates, fixedByKnownBugs: candidates.length > 0 });
}

export interface FakeOptions {
  /** The seed for the order in which tasks end. */
  readonly seed: number;
  /** Called before each result. Throws an error to simulate that the process is killed. */
  readonly beforeResult?: () => void;
}

export function fakeWorkers({ seed, beforeResult = () => {} }: FakeOptions): CampaignWorkers {
  const order = new RandomStreams(BigInt(seed)).stream("order");
  const later = async <T>(result: () => T): Promise<T> => {
    for (let turns = order.u32() % 6; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
    beforeResult();
    return result();
  };
  return {
    runBlock: ({ block: { count, first, usualBugs = {} } }) =>
      later((): BlockResult => {
        const seeds = Array.from({ length: count }, (_, i) => first + BigInt(i));
        const failed = seeds.map((one) => planOf(one, usualBugs)).filter((plan) => plan !== undefined);
        const different = seeds.filter((one) => one === 707n);
        return {
          runs: count,
          events: count * 10,
          virtualUs: count * 1000,
          coverage: { [`feature ${Number(first / BigInt(BLOCK_SIZE)) % 5}`]: 1 },
          faults: { crash: [count, 1] },
          recovery: [count],
          failed,
          nondeterministic: different.map((one) => ({
            seed: one,
            scenario: failedPlan().scenario,
            first: "a",
            second: "b",
          })),
        };
      }),
    investigate: ({ failed }) =>
      later(() => {
        const draw = new RandomStreams(failed.seed).stream("investigation");
        const known = failed.candidates.filter(() => draw.u32() % 2 === 0);
        return finding({ seed: String(failed.seed), signature: failed.signature, known, yaml: `# ${failed.seed}\n` });
      }),
    destroy: async () => {},
  };
}
