/** How a release applies transactions to its tree: the differences between releases, as data. */
import {
  CHECK,
  CREATE,
  CREATE_CONTAINER,
  CREATE_TTL,
  CREATE2,
  DELETE,
  DELETE_CONTAINER,
  ERROR,
  SET_DATA,
} from "../formats/op-codes.ts";
import { compareVersions } from "../protocol/releases.ts";

/** How a release finds the quota of a path (PathTrie). */
export type QuotaPaths =
  /** Up to 3.5: the end of a quota removes a path that has one child, too. */
  | "removes-only-child"
  /** 3.6.0 to 3.6.2: empty names count as no name (StringUtils#split). */
  | "skips-empty-names"
  /** From 3.6.3 on: a name of spaces counts as no name, too. */
  | "skips-blank-names";

/** The rules of a release. */
export interface TreeRules {
  /** The largest string or buffer, in bytes (BinaryInputArchive#checkLength). */
  readonly maxBytes: number;
  /** /zookeeper/config exists, and an ephemeralOwner can say that a znode is a container (from 3.5.0 on). */
  readonly hasConfig: boolean;
  /** The ephemeralOwner of a TTL znode is not a session (the setting zookeeper.extendedTypesEnabled). */
  readonly knowsExtendedTypes: boolean;
  /** A delete sets the parent's pzxid even if the znode does not exist, but never to a lower one (ZOOKEEPER-3125). */
  readonly deletesFromParentFirst: boolean;
  /** A create never lowers the parent's cversion, and keeps its pzxid then (ZOOKEEPER-3249). */
  readonly cversionOnlyGrows: boolean;
  /** A create counts a use of its ACL list even if the znode exists (ZOOKEEPER-3306). */
  readonly countsAclFirst: boolean;
  /** A znode that exists already gets the ACL list of the create (ZOOKEEPER-4846). */
  readonly adoptsAcl: boolean;
  /**
   * A transaction fails with a RuntimeException if the ACL list of its znode or of the parent is missing
   * (ZOOKEEPER-4799).
   */
  readonly needsAclLists: boolean;
  /** closeSession deletes the paths in its body (ZOOKEEPER-3145). */
  readonly closesListedPaths: boolean;
  /** The types of transactions that a multi can contain. */
  readonly multiTypes: ReadonlySet<number>;
  /** The tree has a digest (ZOOKEEPER-3150). */
  readonly hasDigest: boolean;
  /** The table of ACL lists is copied before it is written (ZOOKEEPER-3531). */
  readonly copiesAclLists: boolean;
  readonly quotaPaths: QuotaPaths;
  /** The text of a quota can have hard limits, and the limit is not read on each change (ZOOKEEPER-3301). */
  readonly knowsHardQuotas: boolean;
}

/** The settings of a server that change the rules. */
export interface TreeSettings {
  /** The largest string or buffer, in bytes. */
  readonly maxBytes: number;
  /** zookeeper.extendedTypesEnabled. Default: false. */
  readonly extendedTypesEnabled?: boolean;
  /** zookeeper.digest.enabled. Default: true. */
  readonly digestEnabled?: boolean;
}

/** Returns the rules of a release, such as 3.9.5. */
export function treeRulesOf(version: string, settings: TreeSettings): TreeRules {
  const isSince = (...versions: string[]): boolean => {
    const older = versions.findLast((since) => sameLine(since, version)) ?? versions[0];
    return compareVersions(version, older as string) >= 0;
  };
  return {
    maxBytes: settings.maxBytes,
    hasConfig: isSince("3.5.0"),
    knowsExtendedTypes: settings.extendedTypesEnabled ?? false,
    deletesFromParentFirst: isSince("3.5.5"),
    cversionOnlyGrows: isSince("3.6.0"),
    countsAclFirst: isSince("3.6.0"),
    adoptsAcl: isSince("3.8.5", "3.9.4"),
    needsAclLists: isSince("3.8.4", "3.9.2"),
    closesListedPaths: isSince("3.6.0"),
    multiTypes: new Set([
      ...[CREATE, DELETE, SET_DATA, ERROR, CHECK],
      ...(isSince("3.5.0") ? [CREATE_TTL, CREATE_CONTAINER, DELETE_CONTAINER] : []),
      ...(isSince("3.7.2", "3.8.2") ? [CREATE2] : []),
    ]),
    hasDigest: isSince("3.6.0") && (settings.digestEnabled ?? true),
    copiesAclLists: isSince("3.6.0"),
    quotaPaths: quotaPathsOf(isSince),
    knowsHardQuotas: isSince("3.7.0"),
  };
}

/** Whether two versions differ at most in their last number. */
function sameLine(a: string, b: string): boolean {
  const lineOf = (version: string): string => version.split(".", 2).join(".");
  return lineOf(a) === lineOf(b);
}

function quotaPathsOf(isSince: (version: string) => boolean): QuotaPaths {
  if (isSince("3.6.3")) return "skips-blank-names";
  return isSince("3.6.0") ? "skips-empty-names" : "removes-only-child";
}
