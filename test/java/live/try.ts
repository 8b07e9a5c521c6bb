import { LIVE_CHECKS, runLiveCheck } from "./run-live.ts";

export async function main(root: string, [pattern = "", ...releases]: string[]): Promise<number> {
  for (const check of LIVE_CHECKS.filter(({ name }) => name.includes(pattern))) {
    const one = async (set: readonly string[]): Promise<void> => {
      const { failure, found, name, seconds } = await runLiveCheck(root, set, check);
      console.log(`${set.join("+")} ${name}: ${failure ?? found}, ${seconds} s`);
    };
    await Promise.all(releases.map((set) => one(set.split("+"))));
  }
  return 0;
}
