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

/** Follows commands that the kernel carried out. Those that do not fit the model leave it as it is. */
export function applyToModel(model: TableModel, commands: readonly IpvsCommand[]): void {
  for (let at = 0; at < commands.length;) {
    const command = commands[at] as IpvsCommand;
    const id = canonicalKey(commandKey(command));
    const row = model.get(id);
    at++;
    switch (command.type) {
      case "add-virtual-server":
        model.set(id, { entry: command.entry, counters: NO_TRAFFIC, realServers: [] });
        break;
      case "set-virtual-server":
        if (row !== undefined) model.set(id, { ...row, entry: command.entry });
        break;
      case "delete-virtual-server":
        model.delete(id);
        break;
      default: {
        // Of a virtual server with thousands, all that come one after the other: its list is made once.
        const changes = [command];
        for (let next = commands[at]; isOfRealServer(next, id); next = commands[++at]) changes.push(next);
        if (row !== undefined) model.set(id, { ...row, realServers: changedServers(row.realServers, changes) });
      }
    }
  }
}

type RealServerCommand = Extract<IpvsCommand, { type: `${string}-real-server` }>;

function isOfRealServer(command: IpvsCommand | undefined, id: string): command is RealServerCommand {
  switch (command?.type) {
    case "add-real-server":
    case "set-real-server":
    case "delete-real-server":
      return canonicalKey(command.key) === id;
    default:
      return false;
  }
}

function changedServers(
  servers: readonly RealServerRow[],
  commands: readonly RealServerCommand[],
): readonly RealServerRow[] {
  const rows = new Map(servers.map((row) => [canonicalServer(row.entry), row]));
  for (const command of commands) {
    if (command.type === "delete-real-server") {
      rows.delete(canonicalServer(command));
      continue;
    }
    const { type, entry } = command;
    const id = canonicalServer(entry);
    const row = rows.get(id);
    if (type === "add-real-server") rows.set(id, newServer(entry));
    else if (row !== undefined) rows.set(id, { ...row, entry });
  }
  return [...rows.values()];
}

function newServer(entry: RealServerEntry): RealServerRow {
  return { entry, activeConnections: 0, inactiveConnections: 0, persistentConnections: 0, counters: NO_TRAFFIC };
}
