// What a block of a keepalived.conf may hold: the shape of the keyword tables. The tables are in keywords_*.ts.

/** What happens to a keyword that keepalived knows. */
export type Effect =
  /** Holdfast does what it says. */
  | { readonly type: "carried-out" }
  /** Known, without effect yet. `consequence` says what happens instead, where that is not plain. */
  | { readonly type: "not-carried-out"; readonly consequence?: string };

/** One keyword at one position. */
export interface Keyword {
  readonly effect: Effect;
  /** An old spelling of that keyword. */
  readonly use?: string;
  /** Without it an instance or virtual server would do harm, so it is not started. */
  readonly blocks?: true;
  /** The block that follows the keyword, if one does. */
  readonly opens?: SectionName;
  /** Arguments that say what happens without the keyword anyway, so that it needs no message. */
  readonly harmless: readonly string[];
  /** keepalived complains when nothing follows it, leaves it out, and goes on; of other keywords it dies. */
  readonly leftOutWhenEmpty?: true;
  /** keepalived complains of a word too many; behind other keywords it drops that without a message. */
  readonly complainsOfExtra?: true;
}

/** A kind of block. In a value block each line is one value, without keywords. */
export interface Section {
  /** How people name it: `vrrp_instance`. */
  readonly title: string;
  readonly keywords: ReadonlyMap<string, Keyword>;
  /** What the lines of a value block are; undefined in a block of keywords. */
  readonly values?: ValueLines;
}

/** What the lines of a value block begin with. */
export type ValueLines = "addresses" | "names";

/** Blocks that keepalived does not have: checkers of holdfast.yaml. */
export type OwnBlockName =
  | "AGENT_CHECK"
  | "TLS_CHECK"
  | "GRPC_CHECK"
  | "MYSQL_CHECK"
  | "POSTGRESQL_CHECK"
  | "REDIS_CHECK";

/** Any kind of block. */
export type BlockName = SectionName | OwnBlockName;

/** Every kind of block of keepalived.conf; `unknown` is the inside of a block that keepalived does not know. */
export type SectionName =
  | "root"
  | "global_defs"
  | "vrrp_instance"
  | "authentication"
  | "auth_hmac"
  | "vrrp_sync_group"
  | "vrrp_script"
  | "vrrp_track_process"
  | "track_file"
  | "vrrp_track_file"
  | "bfd_instance"
  | "track_group"
  | "garp_group"
  | "SSL"
  | "virtual_server"
  | "real_server"
  | "HTTP_GET"
  | "HTTP_GET url"
  | "SSL_GET"
  | "SSL_GET url"
  | "TCP_CHECK"
  | "UDP_CHECK"
  | "PING_CHECK"
  | "SMTP_CHECK"
  | "SMTP_CHECK host"
  | "DNS_CHECK"
  | "MISC_CHECK"
  | "BFD_CHECK"
  | "FILE_CHECK"
  | "addresses"
  | "routes"
  | "rules"
  | "tracked"
  | "peers"
  | "members"
  | "emails"
  | "services"
  | "links"
  | "delays"
  | "unknown";

/** A table of keywords as it is written down; lists are words separated by white space. */
export interface SectionTable {
  readonly carriedOut?: string;
  readonly notCarriedOut?: string;
  /** Keyword to what happens without it. */
  readonly missing?: Readonly<Record<string, string>>;
  /** The same for keywords without which an instance or virtual server is not started. */
  readonly blocking?: Readonly<Record<string, string>>;
  /** Old spelling to new; its effect is in one of the lists. */
  readonly deprecated?: Readonly<Record<string, string>>;
  /** Keyword to the block that it opens; its effect is in one of the lists above. */
  readonly opens?: Readonly<Record<string, SectionName>>;
  readonly harmless?: Readonly<Record<string, readonly string[]>>;
  /** Keywords that keepalived leaves out when nothing follows them (measured on 2.2.7). */
  readonly leftOutWhenEmpty?: string;
  /** Keywords behind which keepalived complains of a word too many (measured on 2.2.7). */
  readonly complainsOfExtra?: string;
}

/** Builds a section from its table. */
export function section(title: string, table: SectionTable): Section {
  const keywords = new Map<string, Keyword>();
  const leftOut = new Set(words(table.leftOutWhenEmpty));
  const complains = new Set(words(table.complainsOfExtra));
  const add = (name: string, effect: Effect, blocks = false): void => {
    const opens = table.opens?.[name];
    const use = table.deprecated?.[name];
    keywords.set(name, {
      effect,
      harmless: table.harmless?.[name] ?? [],
      ...(opens === undefined ? {} : { opens }),
      ...(use === undefined ? {} : { use }),
      ...(blocks ? { blocks } : {}),
      ...(leftOut.has(name) ? { leftOutWhenEmpty: true } : {}),
      ...(complains.has(name) ? { complainsOfExtra: true } : {}),
    });
  };
  for (const name of words(table.carriedOut)) add(name, { type: "carried-out" });
  for (const name of words(table.notCarriedOut)) add(name, { type: "not-carried-out" });
  for (const [name, consequence] of Object.entries(table.missing ?? {})) {
    add(name, { type: "not-carried-out", consequence });
  }
  for (const [name, consequence] of Object.entries(table.blocking ?? {})) {
    add(name, { type: "not-carried-out", consequence }, true);
  }
  return { title, keywords };
}

function words(list = ""): string[] {
  return list.split(/\s+/).filter((word) => word !== "");
}
