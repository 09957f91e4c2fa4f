// Users and groups of this host, by name: /etc/passwd and /etc/group. Asks no directory service.

/** Who a command runs as. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The ids of a user and a group, each by name or by number; without a group, the user's own.
 *
 * @throws Error that names who is not there
 */
export function idsOf({ name, group }: { readonly name: string; readonly group?: string }): Ids {
  const [user = "", ownGroup = group] = name.split(":");
  const entry = lines("/etc/passwd").find(([known, , uid]) => known === user || uid === user);
  const uid = entry === undefined && /^\d+$/.test(user) ? Number(user) : Number(entry?.[2]);
  if (Number.isNaN(uid)) throw new Error(`there is no user ${user}`);
  if (ownGroup === undefined) return { uid, gid: Number(entry?.[3] ?? uid) };
  const found = lines("/etc/group").find(([known, , gid]) => known === ownGroup || gid === ownGroup);
  const gid = found === undefined && /^\d+$/.test(ownGroup) ? Number(ownGroup) : Number(found?.[2]);
  if (Number.isNaN(gid)) throw new Error(`there is no group ${ownGroup}`);
  return { uid, gid };
}

function lines(path: string): string[][] {
  return Deno.readTextFileSync(path).split("\n").map((line) => line.split(":"));
}
