// What a block of a keepalived.conf may hold: the shape of the keyword tables. The tables are in keywords_*.ts.

/** What happens to a keyword that keepalived knows. */
export type Effect =
  /** Holdfast does what it says. */
  | { readonly type: "carried-out" }
  /** Known, skipped with a warning: who is master and where traffic goes stay the same without it. */
  | { readonly type: "not-carried-out" }
  /** Known, refused: running without it would be wrong. `consequence` says why. */
  | { readonly type: "refused"; readonly consequence: string }
  /** Another spelling of a keyword that is carried out. */
  | { readonly type: "deprecated"; readonly use: string };

/** One keyword at one position. */
export interface Keyword {
  readonly effect: Effect;
  /** The block that follows the keyword, if one does. */
  readonly opens?: SectionName;
  /** Arguments that say what happens without the keyword anyway, so that it needs no message. */
  readonly harmless: readonly string[];
}

/** A kind of block. In a value block each line is one value, without keywords. */
export interface Section {
  /** How people name it: `vrrp_instance`. */
  readonly title: string;
  readonly keywords: ReadonlyMap<string, Keyword>;
  /** What the lines of a value block are; undefined in a block of keywords. */
  readonly values?: "addresses" | "names";
}

/** Every kind of block; `unknown` is the inside of a block that keepalived does not know. */
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
  | "names"
  | "unknown";

/** A table of keywords as it is written down; lists are words separated by white space. */
export interface SectionTable {
  readonly carriedOut?: string;
  readonly notCarriedOut?: string;
  /** Keyword to consequence. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Old spelling to new. */
  readonly deprecated?: Readonly<Record<string, string>>;
  /** Keyword to the block that it opens; its effect is in one of the lists above. */
  readonly opens?: Readonly<Record<string, SectionName>>;
  readonly harmless?: Readonly<Record<string, readonly string[]>>;
}

/** Builds a section from its table. */
export function section(title: string, table: SectionTable): Section {
  const keywords = new Map<string, Keyword>();
  const add = (name: string, effect: Effect): void => {
    const opens = table.opens?.[name];
    keywords.set(name, { effect, harmless: table.harmless?.[name] ?? [], ...(opens === undefined ? {} : { opens }) });
  };
  for (const name of words(table.carriedOut)) add(name, { type: "carried-out" });
  for (const name of words(table.notCarriedOut)) add(name, { type: "not-carried-out" });
  for (const [name, consequence] of Object.entries(table.refused ?? {})) add(name, { type: "refused", consequence });
  for (const [name, use] of Object.entries(table.deprecated ?? {})) add(name, { type: "deprecated", use });
  return { title, keywords };
}

function words(list = ""): string[] {
  return list.split(/\s+/).filter((word) => word !== "");
}
