// What the health of a virtual server means to an instance that tracks it: enough servers or too few. Pure.

/** What is said of a virtual server. */
export interface ServerWord {
  /** It has its quorum, hysteresis counted. */
  readonly quorum: boolean;
  /** Real servers that are up, with a weight above 0 and neither draining nor taken out; backups count. */
  readonly servers: number;
  /** The sum of their weights. */
  readonly weight: number;
}

/** What an instance asks for; nothing: the quorum. */
export interface Watermark {
  /** `min_servers`. */
  readonly minServers?: number;
  /** `min_weight`. */
  readonly minWeight?: number;
}

/** Whether that is enough. A watermark stands in for the quorum; of two both must be reached. */
export function isEnough({ quorum, servers, weight }: ServerWord, { minServers, minWeight }: Watermark): boolean {
  if (minServers === undefined && minWeight === undefined) return quorum;
  return servers >= (minServers ?? 0) && weight >= (minWeight ?? 0);
}

/** For people. */
export function wordText({ quorum, servers, weight }: ServerWord): string {
  return `${quorum ? "has quorum" : "has no quorum"}: ${servers} server${
    servers === 1 ? "" : "s"
  } up, weight ${weight}`;
}

/** What a tracked virtual server is called where people look: its name, with the watermark that is not its quorum. */
export function trackedName({ name, minServers, minWeight }: { readonly name: string } & Watermark): string {
  return [
    name,
    ...(minServers === undefined ? [] : [`min_servers ${minServers}`]),
    ...(minWeight === undefined ? [] : [`min_weight ${minWeight}`]),
  ].join(" ");
}

/** A word with what it rests on. */
export interface JudgedWord extends ServerWord {
  /** Each check has had a result; before that, some servers are what the start assumed. */
  readonly judged: boolean;
}

/** A word that holds, and whether a process that is gone has said it. */
export interface HeldWord {
  readonly word: ServerWord;
  readonly inherited: boolean;
}

/**
 * The word that holds after another one. That the health role died says nothing about servers: until its successor has
 * checked all of them, what was said last holds.
 */
export function hearWord(before: HeldWord | undefined, { judged, ...word }: JudgedWord): HeldWord {
  if (before?.inherited === true && !judged) return before;
  return { word, inherited: false };
}
