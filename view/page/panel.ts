/** The panels of a page. A page that shows logs has none that needs the simulator. */
export type Panel = "event" | "why" | "decisions" | "whatif" | "odds" | "scenario" | "help";

/** The panels that need the simulator. */
export const SIMULATOR_PANELS: ReadonlySet<string> = new Set<Panel>(["whatif", "odds", "scenario"]);
