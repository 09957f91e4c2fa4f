// Why a virtual router is in fault, for people. No state.
import type { RouterState } from "../../core/vrrp/state.ts";

/** Its own causes; where it has none, that of its sync group. */
export function faultsOf(state: RouterState): readonly string[] {
  if (state.name !== "fault") return [];
  return state.causes.length === 0 && state.group !== undefined ? [`sync group: ${state.group}`] : state.causes;
}

/** Whether something is wrong with the router itself, not just with its sync group. */
export function hasCauses(state: RouterState): boolean {
  return state.name === "fault" && state.causes.length > 0;
}
