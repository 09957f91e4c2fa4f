// `api` and `stats` of holdfast.yaml: where the HTTP interface listens beside loopback, and who may use it. Unlike keepalived's
// keywords these exist in YAML only.
import type { Report } from "./diagnostic.ts";
import { checkSection, type OwnSection, type Path, repeated } from "./own_section.ts";
import { asksForCertificates, CLIENT_CERTIFICATES_SINCE } from "./runtime.ts";
import type { JsonSchema } from "./value_type.ts";

/** What a caller may do; each may do all that those before it may. */
export type HttpRole = "reader" | "operator" | "admin";

/** One address to listen at. */
export interface HttpListener {
  readonly address: string;
  readonly port: number;
  /** Files in PEM. */
  readonly tls?: {
    readonly certificate: string;
    readonly key: string;
    /** What clients' certificates have to be signed by; undefined: they are asked for none. */
    readonly clientCa?: string;
  };
}

/** The HTTP interface beyond the loopback address of the command line. */
export interface HttpConfig {
  readonly listen: readonly HttpListener[];
  /** Path of a socket for the local administrator. */
  readonly socket?: string;
  /** Names under which we may be asked, beside loopback's and the addresses of `listen`. */
  readonly hosts: readonly string[];
  /** `password` is `scrypt:SALT:HASH` (`holdfast credential password`) or the password itself. */
  readonly users: readonly { readonly name: string; readonly password: string; readonly role: HttpRole }[];
  readonly tokens: readonly {
    readonly name: string;
    /** Of the token, in hexadecimal: the token itself is nowhere. */
    readonly sha256: string;
    readonly role: HttpRole;
    readonly expiresAtMs?: number;
  }[];
  /** Whom client certificates stand for, by their common name. */
  readonly certificates: readonly { readonly name: string; readonly role: HttpRole }[];
  /** Whether loopback may be read without credentials. */
  readonly anonymous: boolean;
  readonly realm: string;
}

/** The sections that are read here. */
export const HTTP_SECTIONS = ["api", "stats"] as const;

const ROLES: readonly string[] = ["reader", "operator", "admin"];
const role = { enum: ROLES };
const text = { type: "string", minLength: 1 };

/** What may stand in them. */
export const HTTP_SCHEMAS: Readonly<Record<(typeof HTTP_SECTIONS)[number], JsonSchema>> = {
  api: {
    description: "where the API listens, and who may use it",
    type: "object",
    additionalProperties: false,
    properties: {
      listen: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["address", "port"],
          properties: {
            address: { ...text, description: "IPv4 or IPv6; anything but loopback needs TLS and users or tokens" },
            port: { type: "integer", minimum: 1, maximum: 65_535 },
            certificate: { ...text, description: "file with the chain in PEM" },
            key: { ...text, description: "file with the private key in PEM" },
            client_ca: {
              ...text,
              description:
                "file with the certificates in PEM that clients' have to be signed by: without one nobody comes in",
            },
            allow_insecure: {
              type: "boolean",
              description: "listen without TLS: passwords cross the network in the clear",
            },
          },
        },
      },
      socket: { ...text, description: "path of a socket for root, who is admin there" },
      hosts: { type: "array", items: text, description: "names under which we may be asked" },
      anonymous: { type: "boolean", description: "whether loopback may be read without credentials; default true" },
      users: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["name", "password", "role"],
          properties: { name: text, password: { ...text, description: "scrypt:SALT:HASH, or the password" }, role },
        },
      },
      certificates: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["name", "role"],
          properties: { name: { ...text, description: "common name (CN) of a client's certificate" }, role },
        },
      },
      tokens: {
        type: "array",
        items: {
          type: "object",
          additionalProperties: false,
          required: ["name", "sha256", "role"],
          properties: {
            name: text,
            sha256: { type: "string", pattern: "^[0-9a-fA-F]{64}$" },
            role,
            expires: { type: "string", description: "RFC 3339, such as 2027-01-31 or 2027-01-31T12:00:00Z" },
          },
        },
      },
    },
  },
  stats: {
    description: "the stats page",
    type: "object",
    additionalProperties: false,
    properties: {
      auth: {
        type: "array",
        items: { type: "string", pattern: "^[^:]+:.+$" },
        description: "USER:PASSWORD, role reader",
      },
      realm: { ...text, description: "what a browser names when it asks for a password" },
    },
  },
};

/** Reads both sections; undefined when neither is there. */
export function readHttpConfig(sections: ReadonlyMap<string, OwnSection>, report: Report): HttpConfig | undefined {
  const reader = new SectionReader(sections, report);
  const api = reader.section("api");
  const stats = reader.section("stats");
  if (api === undefined && stats === undefined) return undefined;
  const { realm, auth } = stats ?? {};
  const { listen, socket, hosts, anonymous, users, tokens, certificates } = api ?? {};
  const config: HttpConfig = {
    listen: reader.list(listen).flatMap((entry, at) => reader.listener(entry, at) ?? []),
    ...(typeof socket === "string" ? { socket } : {}),
    hosts: (hosts ?? []) as string[],
    users: [
      ...reader.list(users) as unknown as HttpConfig["users"],
      ...((auth ?? []) as string[]).map((entry) => {
        const at = entry.indexOf(":");
        return { name: entry.slice(0, at), password: entry.slice(at + 1), role: "reader" as const };
      }),
    ],
    tokens: reader.list(tokens).flatMap((entry, at) => reader.token(entry, at) ?? []),
    certificates: reader.list(certificates) as unknown as HttpConfig["certificates"],
    anonymous: anonymous !== false,
    realm: typeof realm === "string" ? realm : "Holdfast",
  };
  reader.judge(config);
  return config;
}

type Entries = Readonly<Record<string, unknown>>;

class SectionReader {
  readonly #sections: ReadonlyMap<string, OwnSection>;
  readonly #report: Report;

  constructor(sections: ReadonlyMap<string, OwnSection>, report: Report) {
    this.#sections = sections;
    this.#report = report;
  }

  /** The entries of a section that is as its schema says; what is not is reported. */
  section(name: (typeof HTTP_SECTIONS)[number]): Entries | undefined {
    const section = this.#sections.get(name);
    if (section === undefined) return undefined;
    return checkSection(section, HTTP_SCHEMAS[name], `\`${name}\``, this.#report)
      ? (section.value ?? {}) as Entries
      : {};
  }

  list(value: unknown): readonly Entries[] {
    return Array.isArray(value) ? value : [];
  }

  listener(
    { address, port, certificate, key, client_ca: clientCa, allow_insecure: isInsecure }: Entries,
    at: number,
  ): HttpListener | undefined {
    const has = (value: unknown): value is string => typeof value === "string";
    if (has(certificate) !== has(key)) {
      return this.#refuse(["listen", at], `\`listen\` at ${address} needs both \`certificate\` and \`key\``);
    }
    if (has(clientCa) && !has(certificate)) {
      return this.#refuse(
        ["listen", at, "client_ca"],
        `\`listen\` at ${address} has \`client_ca\` and no TLS: it needs \`certificate\` and \`key\``,
      );
    }
    if (has(clientCa) && !asksForCertificates()) {
      return this.#refuse(
        ["listen", at, "client_ca"],
        `\`client_ca\` needs a Holdfast that is built with Deno ${CLIENT_CERTIFICATES_SINCE} or newer; ` +
          `this one has ${Deno.version.deno}, which would let everybody in (docs/api.md has a way with HAProxy)`,
      );
    }
    const tls = has(certificate) && has(key) ? { tls: { certificate, key, ...(has(clientCa) && { clientCa }) } } : {};
    const listener = { address: String(address), port: Number(port), ...tls };
    if (isLoopback(listener.address) || listener.tls !== undefined || isInsecure === true) return listener;
    return this.#refuse(
      ["listen", at, "address"],
      `\`listen\` at ${address} is not loopback and has no TLS: passwords would be read on the way`,
    );
  }

  token({ name, sha256, role, expires }: Entries, at: number): HttpConfig["tokens"][number] | undefined {
    const common = { name: String(name), sha256: String(sha256).toLowerCase(), role: role as HttpRole };
    if (expires === undefined) return common;
    const expiresAtMs = Date.parse(String(expires));
    if (Number.isNaN(expiresAtMs)) {
      return this.#refuse(["tokens", at, "expires"], `\`expires\` of the token ${name} is not a date`);
    }
    return { ...common, expiresAtMs };
  }

  /** What only the whole tells. */
  judge({ listen, users, tokens, certificates }: HttpConfig): void {
    const far = listen.find(({ address }) => !isLoopback(address));
    if (far !== undefined && users.length + tokens.length + certificates.length === 0) {
      this.#refuse(
        ["listen"],
        `\`listen\` at ${far.address} is not loopback, and there are no \`users\`, \`tokens\` nor \`certificates\``,
      );
    }
    if (certificates.length > 0 && !listen.some(({ tls }) => tls?.clientCa !== undefined)) {
      this.#refuse(
        ["certificates"],
        "there are `certificates`, and no address of `listen` asks for any: it needs `client_ca`",
      );
    }
    const subject = repeated(certificates);
    if (subject > 0) {
      this.#refuse(["certificates", subject, "name"], `the certificate ${certificates[subject]?.name} is there twice`);
    }
    const user = repeated(users);
    if (user > 0) this.#refuse(["users", user, "name"], `the user ${users[user]?.name} is there twice`);
  }

  #refuse(path: Path, message: string): undefined {
    const section = this.#sections.get("api") ?? this.#sections.get("stats");
    if (section !== undefined) this.#report.add("yaml-structure", section.placeOf(path), message);
    return undefined;
  }
}

/** Whether only this machine can come in there. */
export function isLoopback(address: string): boolean {
  return /^127\.\d+\.\d+\.\d+$/.test(address) || address === "::1" || address === "localhost";
}
