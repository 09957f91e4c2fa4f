// The IPVS table as we know it: what was read, plus the effect of our own commands since. Pure but for its own map.
import { canonicalKey, canonicalServer, commandKey } from "./diff.ts";
import type { IpvsCommand, RealServerEntry, RealServerRow, TrafficCounters, VirtualServerRow } from "./table.ts";

/** Rows by `canonicalKey()`. */
export type TableModel = Map<string, VirtualServerRow>;

/** The counters of an entry that was just made. */
export const NO_TRAFFIC: TrafficCounters = {
  connections: 0,
  packetsIn: 0,
  packetsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  connectionsPerSecond: 0,
  packetsInPerSecond: 0,
  packetsOutPerSecond: 0,
  bytesInPerSecond: 0,
  bytesOutPerSecond: 0,
};

/** The model of a table that was just read. */
export function modelOf(rows: readonly VirtualServerRow[]): TableModel {
  return new Map(rows.map((row) => [canonicalKey(row.entry.key), row]));
}

/** By list of rows, which are never changed in place. */
const indexes = new WeakMap<readonly RealServerRow[], Map<string, RealServerRow>>();

/** The row of a real server, by `canonicalServer()`. */
export function rowNamed(rows: readonly RealServerRow[], id: string): RealServerRow | undefined {
  let index = indexes.get(rows);
  if (index === undefined) {
    index = new Map(rows.map((row) => [canonicalServer(row.entry), row]));
    indexes.set(rows, index);
  }
  return index.get(id);
}

/** Follows a command that the kernel carried out. One that does not fit the model leaves it as it is. */
export function applyToModel(model: TableModel, command: IpvsCommand): void {
  const id = canonicalKey(commandKey(command));
  const row = model.get(id);
  switch (command.type) {
    case "add-virtual-server":
      model.set(id, { entry: command.entry, counters: NO_TRAFFIC, realServers: [] });
      return;
    case "set-virtual-server":
      if (row !== undefined) model.set(id, { ...row, entry: command.entry });
      return;
    case "delete-virtual-server":
      model.delete(id);
      return;
    default:
      if (row !== undefined) model.set(id, { ...row, realServers: changedServers(row.realServers, command) });
  }
}

type RealServerCommand = Extract<IpvsCommand, { type: `${string}-real-server` }>;

function changedServers(servers: readonly RealServerRow[], command: RealServerCommand): RealServerRow[] {
  switch (command.type) {
    case "add-real-server":
      return [...servers, newServer(command.entry)];
    case "set-real-server": {
      const id = canonicalServer(command.entry);
      return servers.map((row) => canonicalServer(row.entry) === id ? { ...row, entry: command.entry } : row);
    }
    case "delete-real-server": {
      const id = canonicalServer(command);
      return servers.filter(({ entry }) => canonicalServer(entry) !== id);
    }
    default:
      return command satisfies never;
  }
}

function newServer(entry: RealServerEntry): RealServerRow {
  return { entry, activeConnections: 0, inactiveConnections: 0, persistentConnections: 0, counters: NO_TRAFFIC };
}
