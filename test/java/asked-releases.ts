/** The releases whose classes are asked. */
import { PROFILES, PUBLISHED_RELEASES } from "../../protocol/releases.ts";

/** The releases with a profile, and 3.9.5, which answers as 3.9.4. */
export const ASKED_RELEASES = PUBLISHED_RELEASES.filter((release) => release in PROFILES || release === "3.9.5");
