/**
 * Who may do what with a znode, by the authentication providers of an unconfigured server: ip, digest and world
 * (ZooKeeperServer#checkACL, PrepRequestProcessor#fixupACL).
 */
import { BlockList, isIP } from "node:net";
import type { Acl } from "../formats/index.ts";
import type { AuthId } from "../wire/index.ts";

/** The permissions of an ACL (ZooDefs.Perms). */
export const PERMS = { read: 1, write: 2, create: 4, delete: 8, admin: 16 } as const;

/** Returns whether a client with these identities has a permission. Undefined and empty lists permit everything. */
export function isPermitted(acls: readonly Acl[] | undefined, perm: number, ids: readonly AuthId[]): boolean {
  if (acls === undefined || acls.length === 0 || ids.some(({ scheme }) => scheme === "super")) return true;
  return acls.some((acl) => (acl.perms & perm) !== 0 && (isAnyone(acl) || ids.some((id) => matches(acl, id))));
}

/** Returns the list that a znode gets, or undefined if the client must not set it. */
export function fixedAcls(acls: readonly Acl[] | null, ids: readonly AuthId[]): Acl[] | undefined {
  const fixed: Acl[] = [];
  for (const acl of withoutDuplicates(acls ?? [])) {
    if (isAnyone(acl)) fixed.push(acl);
    else if (acl.scheme === "auth") {
      const own = ids.filter(({ scheme }) => scheme === "digest");
      if (own.length === 0) return undefined;
      fixed.push(...own.map(({ id, scheme }) => ({ perms: acl.perms, scheme, id })));
    } else if (isValid(acl)) fixed.push(acl);
    else return undefined;
  }
  return fixed.length === 0 ? undefined : fixed;
}

function withoutDuplicates(acls: readonly Acl[]): Acl[] {
  return [...new Map(acls.map((acl) => [JSON.stringify([acl.perms, acl.scheme, acl.id]), acl])).values()];
}

function isAnyone({ id, scheme }: Acl): boolean {
  return scheme === "world" && id === "anyone";
}

/** DigestAuthenticationProvider#isValid, IPAuthenticationProvider#isValid. */
function isValid({ id, scheme }: Acl): boolean {
  if (id === null) return false;
  if (scheme === "digest") return id.split(":").length === 2;
  return scheme === "ip" && subnetOf(id) !== undefined;
}

function matches(acl: Acl, { id, scheme }: AuthId): boolean {
  if (acl.scheme !== scheme || acl.id === null || id === null) return false;
  if (scheme === "digest") return acl.id === id;
  const subnet = scheme === "ip" ? subnetOf(acl.id) : undefined;
  return subnet !== undefined && isIP(id) !== 0 && subnet.check(id, isIP(id) === 6 ? "ipv6" : "ipv4");
}

/** Returns the addresses that an expression such as 10.0.0.0/8 matches; undefined if it is none. */
function subnetOf(expression: string): BlockList | undefined {
  const [address = "", bits] = expression.split("/");
  const family = isIP(address);
  const bitsMax = family === 6 ? 128 : 32;
  const length = bits === undefined ? bitsMax : Number(bits);
  if (family === 0 || !(Number.isInteger(length) && length >= 0 && length <= bitsMax)) return undefined;
  const list = new BlockList();
  list.addSubnet(address, length, family === 6 ? "ipv6" : "ipv4");
  return list;
}
