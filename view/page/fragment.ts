/** The address fragment of the page, such as `#at=146&axis=time`: a link opens the page at this moment. */

import { MESSAGE_GROUPS, type MessageGroup } from "../diagram/groups.ts";
import type { AxisKind } from "../diagram/scale.ts";
import { MESSAGE_TYPES } from "../session/search.ts";

/** The part of the page's state that a link keeps. */
export interface PlaceInPage {
  readonly at: number;
  readonly axis: AxisKind;
  readonly panel: string;
  readonly hiddenServers: readonly number[];
  readonly groups: readonly MessageGroup[];
  /** The only type of messages that the page shows; undefined if it shows each type of `groups`. */
  readonly type?: string | undefined;
}

/** Returns the fragment, without `#`. */
export function writeFragment({ at, axis, groups, hiddenServers, panel, type }: PlaceInPage): string {
  const fields = new Map<string, string>([["at", String(at)]]);
  if (axis !== "order") fields.set("axis", axis);
  if (panel !== "event") fields.set("panel", panel);
  if (hiddenServers.length > 0) fields.set("hide", hiddenServers.join("."));
  if (groups.join() !== DEFAULT_GROUPS.join()) fields.set("show", groups.join("."));
  if (type !== undefined) fields.set("type", type);
  return [...fields].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}

/** The groups of messages that the page shows at first: all but PING. */
export const DEFAULT_GROUPS: readonly MessageGroup[] = MESSAGE_GROUPS.filter((group) => group !== "ping");

/** Reads a fragment, with or without `#`. A field that is absent or not valid is absent in the result. */
export function readFragment(text: string): Partial<PlaceInPage> {
  const fields = new Map<string, string | undefined>(
    text
      .replace(/^#/, "")
      .split("&")
      .map((field) => {
        const [name = "", value] = field.split("=");
        return [name, value] as const;
      }),
  );
  const value = (name: string): string | undefined => {
    const field = fields.get(name);
    return field === undefined ? undefined : safeDecode(field);
  };
  const at = Number(value("at") ?? Number.NaN);
  const axis = value("axis");
  const panel = value("panel");
  const hidden = value("hide");
  const show = value("show");
  const type = value("type");
  return {
    ...(Number.isInteger(at) && at >= 0 ? { at } : {}),
    ...(axis === "time" || axis === "order" ? { axis } : {}),
    ...(panel === undefined ? {} : { panel }),
    ...(hidden === undefined ? {} : { hiddenServers: hidden.split(".").map(Number).filter(Number.isInteger) }),
    ...(type !== undefined && MESSAGE_TYPES.includes(type) ? { type } : {}),
    ...(show === undefined ? {} : { groups: MESSAGE_GROUPS.filter((group) => show.split(".").includes(group)) }),
  };
}

function safeDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
