// `witness` and `fencing` of holdfast.yaml: who is asked, and what is done, before this host becomes master. keepalived has no
// words for them.
import { parseIp } from "../base/ip.ts";
import type { SourceLocation, VrrpInstance } from "./config.ts";
import type { Script } from "./config_vrrp.ts";
import type { Report } from "./diagnostic.ts";
import { checkSection, type OwnSection, repeated } from "./own_section.ts";
import type { JsonSchema } from "./value_type.ts";

/** One witness. */
export interface Witness {
  /** What it is called in status and log: `gateway 192.0.2.1`. */
  readonly name: string;
  /** Pinged, asked by HTTP whether it is master, or asked for a key that one host has at a time. */
  readonly asks:
    | { readonly kind: "gateway"; readonly address: string; readonly interface?: string }
    | {
      readonly kind: "peer_api";
      /** Of `/api/v1/status`. */
      readonly url: string;
      /** Files: the certificates that the peer's must come from, in PEM, and a token that it knows. */
      readonly ca?: string;
      readonly tokenFile?: string;
    }
    | {
      readonly kind: "etcd";
      readonly urls: readonly string[];
      /** What the keys begin with. */
      readonly prefix: string;
      /** Our name there; undefined: this host's. */
      readonly holder?: string;
      readonly ttlSeconds: number;
      readonly ca?: string;
      readonly certificate?: string;
      readonly key?: string;
      readonly user?: string;
      readonly passwordFile?: string;
    };
  /** Instances that it counts for; undefined: all. */
  readonly instances?: readonly string[];
  /** Between the beginnings of two questions, and the time for an answer. */
  readonly intervalMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** The whole section. */
export interface WitnessConfig {
  readonly witnesses: readonly Witness[];
  /** So many must say no. */
  readonly need: number;
  /** How long their silence is waited out. */
  readonly timeoutMs: number;
  readonly whenSilent: "allow" | "forbid";
}

const text = { type: "string", minLength: 1 };
const answers = { type: "integer", minimum: 1, maximum: 100 };

/** What may stand in it. */
export const WITNESS_SCHEMA: JsonSchema = {
  description: "who is asked before this host becomes master",
  type: "object",
  additionalProperties: false,
  required: ["witnesses"],
  properties: {
    need: { ...answers, description: "how many must say no to forbid it; default 1" },
    timeout: {
      type: "number",
      minimum: 0,
      maximum: 3600,
      description: "seconds to wait, at the start too, while all are silent; default 5",
    },
    when_silent: { enum: ["allow", "forbid"], description: "what then; default allow" },
    witnesses: {
      type: "array",
      items: {
        type: "object",
        additionalProperties: false,
        properties: {
          gateway: { ...text, description: "address that is pinged: no answer says no" },
          interface: { ...text, description: "interface that the ping leaves by" },
          peer_api: { ...text, description: "URL of the peer's API: that it is master and healthy says no" },
          etcd: {
            type: "array",
            items: text,
            minItems: 1,
            description: "URLs of an etcd cluster: that another host holds the router's key says no",
          },
          prefix: { ...text, description: "what the keys in etcd begin with; default /holdfast" },
          holder: { ...text, description: "name of this host in etcd; default its host name and machine id" },
          ttl: {
            type: "integer",
            minimum: 2,
            maximum: 600,
            description: "seconds until etcd takes the key from a host that is silent; default 5",
          },
          certificate: { ...text, description: "file with our certificate for etcd" },
          key: { ...text, description: "file with its key" },
          user: { ...text, description: "user name in etcd" },
          password_file: { ...text, description: "file with its password" },
          ca: { ...text, description: "file with the certificates that the peer's or etcd's must come from" },
          token_file: { ...text, description: "file with a token that the peer's API knows" },
          instances: { type: "array", items: text, description: "names of instances; default all" },
          interval: { type: "number", minimum: 0.1, maximum: 3600, description: "seconds; default 1" },
          rise: { ...answers, description: "answers in a row until it says yes again; default 2, of etcd 1" },
          fall: { ...answers, description: "answers in a row until it says no, or is silent; default 3, of etcd 1" },
        },
      },
    },
  },
};

/** Only these go with one kind. */
const KINDS: Readonly<Record<Witness["asks"]["kind"], readonly string[]>> = {
  gateway: ["interface"],
  peer_api: ["ca", "token_file"],
  etcd: ["prefix", "holder", "ttl", "ca", "certificate", "key", "user", "password_file"],
};

/** Reads the section; undefined when it is not there, or says nothing. */
export function readWitnessConfig(
  section: OwnSection | undefined,
  instances: readonly Pick<VrrpInstance, "name">[],
  report: Report,
): WitnessConfig | undefined {
  if (section === undefined) return undefined;
  if (!checkSection(section, WITNESS_SCHEMA, "`witness`", report)) return undefined;
  const { need = 1, timeout = 5, when_silent: whenSilent = "allow", witnesses } = section.value as Entries;
  const known = new Set(instances.map(({ name }) => name));
  const read = (witnesses as Entries[]).flatMap((entry, at) =>
    readWitness(entry, known, (message, key) => {
      report.add("yaml-structure", section.placeOf(["witnesses", at, ...(key === undefined ? [] : [key])]), message);
      return undefined;
    }) ?? []
  );
  const twice = read[repeated(read)];
  if (twice !== undefined) {
    report.add("yaml-structure", section.placeOf(["witnesses"]), `the witness \`${twice.name}\` is there twice`);
  }
  if (read.length === 0) return undefined;
  return {
    witnesses: read,
    need: Number(need),
    timeoutMs: Number(timeout) * 1000,
    whenSilent: whenSilent === "forbid" ? "forbid" : "allow",
  };
}

type Entries = Readonly<Record<string, unknown>>;

function readWitness(
  entry: Entries,
  known: ReadonlySet<string>,
  refuse: (message: string, key?: string) => undefined,
): Witness | undefined {
  const kinds = (["gateway", "peer_api", "etcd"] as const).filter((kind) => entry[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return refuse("a witness needs one of `gateway`, `peer_api` and `etcd`");
  const others = Object.values(KINDS).flat().filter((name) => !KINDS[kind].includes(name));
  const foreign = others.find((name) => entry[name] !== undefined);
  if (foreign !== undefined) return refuse(`\`${foreign}\` is not for a witness with \`${kind}\``, foreign);
  // What etcd says is agreed upon: there is nothing to wait for.
  const { instances, interval = 1, rise = kind === "etcd" ? 1 : 2, fall = kind === "etcd" ? 1 : 3 } = entry;
  const stranger = (instances as string[] | undefined)?.find((name) => !known.has(name));
  if (stranger !== undefined) {
    return refuse(`the witness \`${entry[kind]}\` is for \`${stranger}\`, which is no instance`, "instances");
  }
  const asks = { gateway, peer_api: peerApi, etcd }[kind](entry);
  if (typeof asks === "string") return refuse(asks, kind);
  return {
    name: nameOf(asks),
    asks,
    ...(instances === undefined ? {} : { instances: instances as string[] }),
    intervalMs: Number(interval) * 1000,
    rise: Number(rise),
    fall: Number(fall),
  };
}

function nameOf(asks: Witness["asks"]): string {
  if (asks.kind === "gateway") return `gateway ${asks.address}`;
  return asks.kind === "peer_api" ? `peer ${new URL(asks.url).host}` : `etcd ${new URL(asks.urls[0] ?? "").host}`;
}

function etcd(entry: Entries): Witness["asks"] | string {
  const { prefix = "/holdfast", holder, ttl = 5, ca, certificate, key, user, password_file: passwordFile } = entry;
  const urls = entry.etcd as readonly string[];
  const wrong = urls.find((url) => !/^https?:$/.test(URL.parse(url)?.protocol ?? ""));
  if (wrong !== undefined) return `\`etcd\` must be URLs, not \`${wrong}\``;
  if ((certificate === undefined) !== (key === undefined)) return "`certificate` and `key` of etcd go together";
  if (user !== undefined && urls.some((url) => url.startsWith("http:"))) {
    return "a password for etcd would be read on the way: use https";
  }
  const texts = { holder, ca, certificate, key, user, passwordFile };
  const given = Object.entries(texts).filter(([, value]) => value !== undefined);
  const settings = { prefix: String(prefix), ttlSeconds: Number(ttl) };
  return { kind: "etcd", urls: urls.map((url) => new URL(url).origin), ...settings, ...Object.fromEntries(given) };
}

function gateway({ gateway: address, interface: device }: Entries): Witness["asks"] | string {
  const isAddress = parseIp(String(address)) !== undefined;
  if (!isAddress) return `\`gateway\` must be an IP address, not \`${address}\``;
  return { kind: "gateway", address: String(address), ...(device === undefined ? {} : { interface: String(device) }) };
}

function peerApi({ peer_api: text, ca, token_file: tokenFile }: Entries): Witness["asks"] | string {
  const url = URL.parse(String(text));
  if (url === null || !/^https?:$/.test(url.protocol)) return `\`peer_api\` must be a URL, not \`${text}\``;
  if (url.username !== "" || url.password !== "") return "a `peer_api` with a password: use `token_file`";
  if (url.protocol === "http:" && tokenFile !== undefined) {
    return `a token for \`${text}\` would be read on the way: use https`;
  }
  if (url.pathname === "/") url.pathname = "/api/v1/status";
  return {
    kind: "peer_api",
    url: url.href,
    ...(ca === undefined ? {} : { ca: String(ca) }),
    ...(tokenFile === undefined ? {} : { tokenFile: String(tokenFile) }),
  };
}

/** `fencing`: what is run before a router takes over from a master that fell silent. */
export interface FencingConfig {
  readonly location: SourceLocation;
  readonly script: Script;
  readonly timeoutMs: number;
  /** Instances that it counts for; undefined: all. */
  readonly instances?: readonly string[];
}

/** What may stand in `fencing`. */
export const FENCING_SCHEMA: JsonSchema = {
  description: "a script that makes sure that a silent master is gone before this host takes over",
  type: "object",
  additionalProperties: false,
  required: ["script"],
  properties: {
    script: { ...text, description: "command; exit status 0 allows to take over, anything else forbids it" },
    timeout: { type: "number", minimum: 0.1, maximum: 600, description: "seconds; default 10" },
    user: { ...text, description: "who runs it; default script_user" },
    instances: { type: "array", items: text, description: "names of instances; default all" },
  },
};

/** Reads the section; undefined when it is not there, or wrong. */
export function readFencingConfig(
  section: OwnSection | undefined,
  vrrpInstances: readonly VrrpInstance[],
  report: Report,
): FencingConfig | undefined {
  if (section === undefined) return undefined;
  if (!checkSection(section, FENCING_SCHEMA, "`fencing`", report)) return undefined;
  const { location, value } = section;
  const { script: command, user, timeout = 10, instances } = value as Entries;
  const names = (instances ?? vrrpInstances.map(({ name }) => name)) as string[];
  const stranger = names.find((name) => !vrrpInstances.some((instance) => instance.name === name));
  if (stranger !== undefined) {
    const place = section.placeOf(["instances", names.indexOf(stranger)]);
    report.add("yaml-structure", place, `\`fencing\` is for \`${stranger}\`, which is no instance`);
  }
  const { file, line, column, length } = location;
  return {
    location: { file, line, column, length },
    script: { command: String(command), ...(user === undefined ? {} : { user: String(user) }) },
    timeoutMs: Number(timeout) * 1000,
    ...(instances === undefined ? {} : { instances: names }),
  };
}
