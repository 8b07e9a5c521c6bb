/** Which transactions a release reads. */
import { compareVersions } from "../protocol/releases.ts";
import type { BodyReader } from "./txn-types.ts";

/** The release that brought the types of reconfigurations, containers and TTL znodes. */
const TYPES_OF_35 = "3.5.0";
/** The release that brought CloseSessionTxn (ZOOKEEPER-3145). */
const CLOSE_SESSION_BODY = "3.6.0";

/** Returns what a release, such as 3.9.5, reads of a transaction. `maxBytes` is its largest string or buffer. */
export function bodyReaderOf(version: string, maxBytes: number): BodyReader {
  return {
    maxBytes,
    is34: compareVersions(version, TYPES_OF_35) < 0,
    closeSessionHasBody: compareVersions(version, CLOSE_SESSION_BODY) >= 0,
  };
}
