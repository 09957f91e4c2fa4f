// What a configuration that comes over the API may not bring. Who applies one is root as far as scripts and files go, so those
// have to be in the running configuration already: new ones come by the file and a reload, which is root's.
import { same } from "../base/same.ts";
import type { Config } from "../config/config.ts";
import { REDACTED } from "../config/secrets.ts";

/** Sections that say whom we trust: who may come in, and who decides with us. */
const OWN_SECTIONS = ["http", "witness", "fencing"] as const;
/** Settings that say as whom scripts run. */
const SCRIPT_SETTINGS = ["scriptUser", "scriptSecurity"] as const;
/** Settings that say where the password for mails goes. */
const MAIL_SETTINGS = ["mailServer", "mailTls", "mailAuthorityFile", "mailPasswordFile"] as const;
/** Parts without files: places in the text, and paths of web pages. */
const SKIPPED = new Set(["location", "urls"]);
const MAX_NAMED = 3;

/** Why a configuration is not taken over the API; undefined: it may be. */
export function whyNotOverApi(before: Config, after: Config): string | undefined {
  const other = OWN_SECTIONS.find((name) => !same(before[name], after[name], "location"));
  if (other !== undefined) {
    const names = other === "http" ? "`api` and `stats`" : `\`${other}\``;
    return `the API does not change ${names}: they say whom to trust. Change the file and reload`;
  }
  const setting = SCRIPT_SETTINGS.find((name) => !same(before.global[name], after.global[name], "location"));
  if (setting !== undefined) return "the API does not change as whom scripts run. Change the file and reload";
  const mail = MAIL_SETTINGS.find((name) => !same(before.global[name], after.global[name], "location"));
  if (mail !== undefined && after.global.mailPasswordFile !== undefined) {
    return "the API does not change where the password for mails goes. Change the file and reload";
  }
  const known = new Set(filesOf(before));
  const added = [...new Set(filesOf(after))].filter((entry) => !known.has(entry));
  if (added.length === 0) return undefined;
  const named = added.slice(0, MAX_NAMED).map((entry) => `\`${entry}\``).join(", ");
  return `the API brings no commands and files that the running configuration has not: ${named}` +
    `${added.length > MAX_NAMED ? ` and ${added.length - MAX_NAMED} more` : ""}. Change the file and reload`;
}

/** Whether a text still has what stands in place of secrets where one was shown without them. */
export function hasRedactedSecrets(config: Config): boolean {
  return config.vrrpInstances.some(({ authentication, hmac }) =>
    authentication?.password === REDACTED || hmac?.keys.some(({ secret }) => secret === REDACTED)
  ) || config.ssl?.password === REDACTED;
}

/** Commands with the users that they run as, and words that name files. */
function* filesOf(value: unknown): Generator<string> {
  if (typeof value === "string") {
    for (const word of value.split(/\s+/)) if (word.startsWith("/")) yield word;
    return;
  }
  if (typeof value !== "object" || value === null) return;
  const { command, user, group } = value as Readonly<Record<string, unknown>>;
  if (typeof command === "string") {
    yield [command, ...(user === undefined ? [] : [`as ${user}${group === undefined ? "" : `:${group}`}`])].join(" ");
  }
  for (const [key, entry] of Object.entries(value)) if (!SKIPPED.has(key)) yield* filesOf(entry);
}
