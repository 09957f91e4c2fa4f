// The checkers that keepalived does not have: their blocks, and what each word in them means.
import { CHECKER_KEYWORDS_OF_ALL } from "./keywords_ipvs.ts";
import { type OwnBlockName, type Section, section } from "./section.ts";

interface OwnBlock {
  readonly meaning: string;
  /** Its own keywords with what they mean. */
  readonly keywords: Readonly<Record<string, string>>;
}

const TLS_WORDS = {
  tls: "speak TLS; the certificate is not verified",
  sni_name: "name to send in the handshake; without one none is sent",
};

const BLOCKS: Readonly<Record<OwnBlockName, OwnBlock>> = {
  AGENT_CHECK: {
    meaning: "asks an agent on the real server for its weight and state (HAProxy's agent protocol); an agent that is " +
      "silent changes nothing. Needs connect_port; retry has no effect",
    keywords: { send: "a line to send before the agent answers" },
  },
  TLS_CHECK: {
    meaning: "begins a handshake of TLS and watches how long the server's certificate is valid; whom it names is not " +
      "looked at",
    keywords: {
      warn_days: "warn when the certificate is valid for fewer days; 0: never. Default 14",
      fail_days: "fail when the certificate is valid for fewer days; without it, it never fails by that",
      sni_name: TLS_WORDS.sni_name,
    },
  },
  GRPC_CHECK: {
    meaning: "calls grpc.health.v1.Health/Check; SERVING is good",
    keywords: { service: "name of the service to ask for; without it the whole server", ...TLS_WORDS },
  },
  MYSQL_CHECK: {
    meaning: "wants the greeting of MySQL or MariaDB",
    keywords: {
      username:
        "log in as this user, who has no password; without it the connection ends after the greeting, which the " +
        "server counts as an error of this host (max_connect_errors)",
    },
  },
  POSTGRESQL_CHECK: {
    meaning: "wants PostgreSQL's answer to the question whether it speaks TLS",
    keywords: {
      username: "begin a session as this user; that it is asked for a password is good, an error such as that the " +
        "server is starting is not",
    },
  },
  REDIS_CHECK: {
    meaning: "wants PONG for PING",
    keywords: {
      username: "user of AUTH (Redis 6); only with password_file",
      password_file: "file with the password for AUTH; it is read at each check",
      role: "master or replica: the server must be that",
      ...TLS_WORDS,
    },
  },
};

/** Their tables of keywords, as those of keepalived's checkers. */
export const OWN_BLOCKS = Object.fromEntries(
  Object.entries(BLOCKS).map(([name, { keywords }]) => {
    return [name, section(name, { carriedOut: `${CHECKER_KEYWORDS_OF_ALL} ${Object.keys(keywords).join(" ")}` })];
  }),
) as Readonly<Record<OwnBlockName, Section>>;

/** Whether it is one of them. */
export function isOwnBlock(name: string): name is OwnBlockName {
  return Object.hasOwn(BLOCKS, name);
}

/** What a block does, or one of its own keywords; undefined for those that all checkers have. */
export function meaningInBlock(block: OwnBlockName, keyword?: string): string | undefined {
  if (keyword === undefined) return BLOCKS[block].meaning;
  const { keywords } = BLOCKS[block];
  return Object.hasOwn(keywords, keyword) ? keywords[keyword] : undefined;
}
