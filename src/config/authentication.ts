// `authentication` and `auth_hmac` of an instance.
import type { VrrpInstance } from "./config.ts";
import type { HmacAuthentication } from "./config_vrrp.ts";
import type { Report } from "./diagnostic.ts";
import { field, type Fields, type Printed, printFields, readFields } from "./fields.ts";
import { SECRET_BYTES, secretBytes } from "./secrets.ts";
import { childrenNamed, lastNamed, type Statement } from "./statement.ts";
import { valuePlace } from "./value_type.ts";
import { integer, oneOf, word } from "./values.ts";

/** Keywords of `authentication`. */
export const AUTHENTICATION_FIELDS = {
  auth_type: field("type", oneOf<"pass" | "ah">({ PASS: "pass", AH: "ah" })),
  auth_pass: field("password", word("PASSWORD")),
} satisfies Fields;

/** Bytes of a password (RFC 2338 section 5.3.10). */
const PASSWORD_BYTES = 8;

/** Version 3 has no authentication (RFC 9568 section 9), and neither has strict mode. */
export function readAuthentication(
  statement: Statement,
  { version, strict }: { version: 2 | 3; strict: boolean },
  report: Report,
): VrrpInstance["authentication"] {
  const block = lastNamed(statement, "authentication");
  if (block === undefined) return undefined;
  const { type, password } = readFields(block, AUTHENTICATION_FIELDS, report);
  const ignore = (reason: string): undefined => {
    report.add("value-ignored", block.keyword, `\`authentication\` is ignored: ${reason}`);
  };
  if (version === 3) return ignore("VRRP version 3 has none");
  if (strict) return ignore("strict mode has none");
  if (type === undefined) {
    return childrenNamed(block, "auth_type").length > 0 ? undefined : ignore("it has no `auth_type`");
  }
  if (password === undefined || password === "") return ignore("it has no `auth_pass`");
  const sent = cutToBytes(password, PASSWORD_BYTES);
  const place = lastNamed(block, "auth_pass");
  if (sent !== password && place !== undefined) {
    report.add("value-cut", valuePlace(place), "`auth_pass` is cut to its first 8 characters");
  }
  return { type, password: sent };
}

/** Writes the block. */
export function printAuthentication({ authentication }: VrrpInstance): Printed[] {
  if (authentication === undefined) return [];
  const block = printFields(authentication, {}, AUTHENTICATION_FIELDS);
  return [{ keyword: "authentication", words: [], block }];
}

/** Keywords of `auth_hmac` that set one property each. */
export const HMAC_FIELDS = {
  active_key: field("activeKey", integer({ min: 1, max: 255 })),
  time_window: field("timeWindowSeconds", integer({ min: 1, max: 300 }, "SECONDS")),
  anti_replay: field("antiReplay", oneOf<"time" | "monotonic">({ time: "time", monotonic: "monotonic" })),
  mode: field(
    "mode",
    oneOf<HmacAuthentication["mode"]>({ enforce: "enforce", permissive: "permissive", "receive-only": "receive-only" }),
  ),
} satisfies Fields;

/** keepalived 2.4: three intervals, at least 5 s. */
function usualWindow(intervalUs: number): number {
  return Math.max(5, Math.ceil(3 * intervalUs / 1e6));
}

/** Reads the block; undefined when it has no effect, which it has reported then. */
export function readHmac(
  statement: Statement,
  { version, intervalUs }: { version: 2 | 3; intervalUs: number },
  report: Report,
): HmacAuthentication | undefined {
  const block = lastNamed(statement, "auth_hmac");
  if (block === undefined) return undefined;
  const given = readFields(block, HMAC_FIELDS, report);
  const keys = childrenNamed(block, "key").map((key) => readKey(key, report)).filter((key) => key !== undefined);
  const ignore = (reason: string): undefined => {
    report.add("value-ignored", block.keyword, `\`auth_hmac\` is ignored: ${reason}`);
  };
  if (version === 2) return ignore("it needs VRRP version 3");
  if (given.activeKey === undefined) return ignore("it has no `active_key`");
  if (!keys.some(({ id }) => id === given.activeKey)) return ignore(`it has no key ${given.activeKey}`);
  return {
    keys,
    activeKey: given.activeKey,
    timeWindowSeconds: given.timeWindowSeconds ?? usualWindow(intervalUs),
    antiReplay: given.antiReplay ?? "time",
    mode: given.mode ?? "enforce",
  };
}

/** Writes the block. */
export function printHmac({ hmac, advertisementIntervalUs }: VrrpInstance): Printed[] {
  if (hmac === undefined) return [];
  const defaults = {
    timeWindowSeconds: usualWindow(advertisementIntervalUs),
    antiReplay: "time",
    mode: "enforce",
  } as const;
  const keys = hmac.keys.map(({ id, secret }) => ({ keyword: "key", words: [String(id), secret] }));
  return [{ keyword: "auth_hmac", words: [], block: [...keys, ...printFields(hmac, defaults, HMAC_FIELDS)] }];
}

const keyId = integer({ min: 1, max: 255 });

/** `ID SECRET`, the secret of 32 to 64 bytes as text, `hex:...` or `file:...`. */
function readKey(statement: Statement, report: Report): HmacAuthentication["keys"][number] | undefined {
  const [id, secret] = statement.args;
  if (id === undefined || secret === undefined) {
    report.add("missing-argument", statement.keyword, "`key` needs a number and a secret");
    return undefined;
  }
  const number = keyId.read({ ...statement, args: [id] }, report);
  const bytes = secretBytes(secret.text)?.length;
  const isInFile = secret.text.startsWith("file:");
  if (bytes === undefined ? !isInFile : bytes < SECRET_BYTES.min || bytes > SECRET_BYTES.max) {
    const found = bytes === undefined ? "this is not hexadecimal" : `it has ${bytes}`;
    report.add("invalid-value", secret, `the secret of \`key\` must have 32 to 64 bytes: ${found}`);
    return undefined;
  }
  return number === undefined ? undefined : { id: number, secret: secret.text };
}

/** The longest beginning that has at most so many bytes in UTF-8. */
function cutToBytes(text: string, bytes: number): string {
  const characters = [...text.slice(0, bytes)];
  while (new TextEncoder().encode(characters.join("")).length > bytes) characters.pop();
  return characters.join("");
}
