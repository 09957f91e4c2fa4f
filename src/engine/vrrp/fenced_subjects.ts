// Who is fenced for: each instance that `fencing` names by itself, or its sync group, whose members take over together.
import type { Config } from "../../config/config.ts";
import type { FenceRequest } from "./surroundings.ts";

/** Every instance for whose sake a silent master is fenced, with what the fencing is for, as `subjectOf` says it. */
export function fencedSubjects(
  { fencing, vrrpInstances, syncGroups }: Pick<Config, "fencing" | "vrrpInstances" | "syncGroups">,
): ReadonlyMap<string, string> {
  if (fencing === undefined) return new Map();
  const isNamed = (name: string): boolean => fencing.instances?.includes(name) ?? true;
  return new Map(vrrpInstances.flatMap(({ name }) => {
    const group = syncGroups.find(({ members }) => members.includes(name));
    if (!(group?.members ?? [name]).some(isNamed)) return [];
    return [[name, subjectOf(group === undefined ? { name } : { kind: "group", name: group.name })] as const];
  }));
}

/** What tells an instance from a sync group of the same name. */
export function subjectOf({ kind, name }: Pick<FenceRequest, "kind" | "name">): string {
  return `${kind ?? "instance"} ${name}`;
}
