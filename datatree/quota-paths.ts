/** The paths that have a quota (org.apache.zookeeper.common.PathTrie). */

import { TreeException } from "./tree-exception.ts";
import type { QuotaPaths as Rules } from "./tree-rules.ts";

class TrieNode {
  readonly parts = new Map<string, TrieNode>();
  hasQuota = false;
}

/** A trie of the names in paths. */
export class QuotaTrie {
  private readonly root = new TrieNode();
  private readonly rules: Rules;

  constructor(rules: Rules) {
    this.rules = rules;
  }

  /** Adds a path (#addPath). Throws a TreeException if it has no name. */
  add(path: string): void {
    let node = this.root;
    for (const part of this.namesIn(path)) {
      let next = node.parts.get(part);
      if (next === undefined) {
        next = new TrieNode();
        node.parts.set(part, next);
      }
      node = next;
    }
    node.hasQuota = true;
  }

  /** Removes a path, if it is present (#deletePath). Throws a TreeException if it has no name. */
  delete(path: string): void {
    const names = this.namesIn(path);
    const last = names.at(-1);
    if (last === undefined) throw new TreeException("NullPointerException", `the quota path "${path}" has no parent`);
    let parent: TrieNode | undefined = this.root;
    for (const part of names.slice(0, -1)) parent = parent?.parts.get(part);
    const node = parent?.parts.get(last);
    if (parent === undefined || node === undefined) return;
    if (this.rules === "removes-only-child") {
      if (node.parts.size === 1) parent.parts.delete(last);
      else node.hasQuota = false;
      return;
    }
    node.hasQuota = false;
    if (node.parts.size === 0) parent.parts.delete(last);
  }

  /**
   * Returns the longest prefix of a path that has a quota; undefined if there is none (DataTree#getMaxPrefixWithQuota).
   */
  prefixOf(path: string): string | undefined {
    if (this.root.parts.size === 0 && this.rules !== "removes-only-child") return undefined;
    if (path === "/") return undefined;
    const names = this.rules === "removes-only-child" ? this.namesIn(path) : this.split(path);
    let node = this.root;
    let length = 0;
    for (const [index, part] of names.entries()) {
      const next = node.parts.get(part);
      if (next === undefined) break;
      node = next;
      if (node.hasQuota) length = index + 1;
    }
    return length === 0 ? undefined : `/${names.slice(0, length).join("/")}`;
  }

  /** Returns the names in a path. Throws if there is none. */
  private namesIn(path: string): string[] {
    const names = this.split(path);
    const isInvalid = this.rules === "skips-blank-names" ? path.length === 0 : names.length === 0;
    if (isInvalid) throw new TreeException("IllegalArgumentException", `Invalid path ${path}`);
    return names;
  }

  private split(path: string): string[] {
    const parts = splitAsJava(path, "/");
    switch (this.rules) {
      case "removes-only-child":
        return parts.slice(1);
      case "skips-empty-names":
        return parts.filter((part) => part !== "");
      case "skips-blank-names":
        return parts.filter((part) => !isBlank(part));
    }
  }
}

/** String#trim removes all characters up to the space. */
function isBlank(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x20) return false;
  return true;
}

/**
 * Splits a text as String#split does: without the empty parts at the end, but a text without a separator is one part.
 */
export function splitAsJava(text: string, separator: string | RegExp): string[] {
  const parts = text.split(separator);
  if (parts.length === 1) return parts;
  while (parts.at(-1) === "") parts.pop();
  return parts;
}
