// The checkers that keepalived does not have: their keywords to a `Checker` and back.
import type { Checker, CheckerCommon } from "./config.ts";
import type { OwnChecker } from "./config_checks.ts";
import type { Report } from "./diagnostic.ts";
import { field, type Fields, type Printed, printFields, readFields } from "./fields.ts";
import type { OwnBlockName } from "./section.ts";
import { lastNamed, type Statement } from "./statement.ts";
import { boolean, integer, oneOf, requestWord, word } from "./values.ts";

const days = integer({ min: 0, max: 3650 }, "DAYS");
/** No check begins with anything that ends the text: a zero byte ends names in MySQL's and PostgreSQL's packets. */
const name = requestWord;
const TLS_FIELDS = { tls: field("tls", boolean), sni_name: field("serverName", requestWord) } satisfies Fields;

const AGENT_FIELDS = { send: field("send", word("TEXT")) } satisfies Fields;
const CERTIFICATE_FIELDS = {
  warn_days: field("warnDays", days),
  fail_days: field("failDays", days),
  sni_name: TLS_FIELDS.sni_name,
} satisfies Fields;
const GRPC_FIELDS = { service: field("service", requestWord), ...TLS_FIELDS } satisfies Fields;
const USER_FIELDS = { username: field("userName", name) } satisfies Fields;
const REDIS_FIELDS = {
  ...USER_FIELDS,
  password_file: field("passwordFile", word("PATH")),
  role: field("role", oneOf<"master" | "replica">({ master: "master", replica: "replica" })),
  ...TLS_FIELDS,
} satisfies Fields;

/** Keywords of each block beside those of all checkers. */
export const OWN_CHECKER_FIELDS: Readonly<Record<OwnBlockName, Fields>> = {
  AGENT_CHECK: AGENT_FIELDS,
  TLS_CHECK: CERTIFICATE_FIELDS,
  GRPC_CHECK: GRPC_FIELDS,
  MYSQL_CHECK: USER_FIELDS,
  POSTGRESQL_CHECK: USER_FIELDS,
  REDIS_CHECK: REDIS_FIELDS,
};

/** What holds where nothing is said. */
const USUAL_WARN_DAYS = 14;
const DEFAULTS = { warnDays: USUAL_WARN_DAYS, tls: false };

/** The keyword of each kind. */
export const OWN_CHECKER_KEYWORDS: Readonly<Record<OwnChecker["type"], OwnBlockName>> = {
  agent: "AGENT_CHECK",
  tls: "TLS_CHECK",
  grpc: "GRPC_CHECK",
  mysql: "MYSQL_CHECK",
  postgresql: "POSTGRESQL_CHECK",
  redis: "REDIS_CHECK",
};

/** The kind of checker that a block is. */
export function ownCheckerType(block: OwnBlockName): OwnChecker["type"] {
  const [type = "tls"] = Object.entries(OWN_CHECKER_KEYWORDS).flatMap(([kind, keyword]) =>
    keyword === block ? [kind as OwnChecker["type"]] : []
  );
  return type;
}

/** Reads one; undefined when it cannot work, which it has reported then. */
export function readOwnChecker(
  block: OwnBlockName,
  statement: Statement,
  common: CheckerCommon,
  report: Report,
): Checker | undefined {
  switch (block) {
    case "AGENT_CHECK": {
      if (lastNamed(statement, "connect_port") === undefined) {
        report.add("missing-argument", statement.keyword, "`AGENT_CHECK` needs `connect_port`: the port of the agent");
        return undefined;
      }
      return { type: "agent", ...common, ...readFields(statement, AGENT_FIELDS, report) };
    }
    case "TLS_CHECK": {
      const given = readFields(statement, CERTIFICATE_FIELDS, report);
      return { type: "tls", ...common, warnDays: USUAL_WARN_DAYS, ...given };
    }
    case "GRPC_CHECK":
      return { type: "grpc", ...common, tls: false, ...readFields(statement, GRPC_FIELDS, report) };
    case "MYSQL_CHECK":
      return { type: "mysql", ...common, ...readFields(statement, USER_FIELDS, report) };
    case "POSTGRESQL_CHECK":
      return { type: "postgresql", ...common, ...readFields(statement, USER_FIELDS, report) };
    case "REDIS_CHECK": {
      const given = readFields(statement, REDIS_FIELDS, report);
      if (given.userName !== undefined && given.passwordFile === undefined) {
        const place = lastNamed(statement, "username")?.keyword ?? statement.keyword;
        report.add("value-ignored", place, "`username` is ignored: without `password_file` nobody logs in");
      }
      return { type: "redis", ...common, tls: false, ...given };
    }
    default:
      return block satisfies never;
  }
}

/** Writes the keywords that only this checker has. */
export function printOwnChecker(checker: OwnChecker): Printed[] {
  return printFields(checker as never, DEFAULTS as never, OWN_CHECKER_FIELDS[OWN_CHECKER_KEYWORDS[checker.type]]);
}
