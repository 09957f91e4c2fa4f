// The secrets of `auth_hmac`: text, `hex:` and `file:`, to bytes. Reads files by a given function.
import { fromHex, toHex } from "../base/hex.ts";
import type { LeftOut, Startable } from "./carried_out.ts";
import type { VrrpInstance } from "./config.ts";
import type { HmacAuthentication } from "./config_vrrp.ts";

/** Bytes that a secret may have (keepalived 2.4). */
export const SECRET_BYTES = { min: 32, max: 64 } as const;

/** What stands in place of a secret in a text for others. */
export const REDACTED = "REDACTED";

const FILE = "file:";
const HEX = "hex:";

/** The bytes of a secret as it stands in the configuration; undefined: not hexadecimal, or in a file (`withFileSecrets`). */
export function secretBytes(secret: string): Uint8Array | undefined {
  if (secret.startsWith(FILE)) return undefined;
  if (!secret.startsWith(HEX)) return new TextEncoder().encode(secret);
  return fromHex(secret.slice(HEX.length));
}

/**
 * Puts the contents of files in place of their names. A line feed at the end does not count.
 *
 * @param readFile throws when there is no such file
 * @returns the same with `hex:` secrets, or in plain words why not
 */
function withFileSecrets(
  hmac: HmacAuthentication,
  readFile: (path: string) => Uint8Array,
): HmacAuthentication | string {
  const keys: HmacAuthentication["keys"][number][] = [];
  for (const key of hmac.keys) {
    const bytes = key.secret.startsWith(FILE) ? fileBytes(key.secret.slice(FILE.length), readFile) : undefined;
    if (typeof bytes === "string") return bytes;
    keys.push(bytes === undefined ? key : { ...key, secret: `${HEX}${toHex(bytes)}` });
  }
  return { ...hmac, keys };
}

/** Does so for all instances; those whose files are not there can't be started. */
export function withSecretsOfFiles(
  { config, leftOut }: Startable,
  readFile: (path: string) => Uint8Array,
): Startable {
  const missing: LeftOut[] = [];
  const vrrpInstances = config.vrrpInstances.flatMap((instance): VrrpInstance[] => {
    if (instance.hmac === undefined) return [instance];
    const hmac = withFileSecrets(instance.hmac, readFile);
    if (typeof hmac !== "string") return [{ ...instance, hmac }];
    missing.push({ what: `vrrp_instance ${instance.name}`, why: hmac, location: instance.location });
    return [];
  });
  return { config: { ...config, vrrpInstances }, leftOut: [...leftOut, ...missing] };
}

/** What a file says is a secret like in the configuration, so `hex:` counts in it, too. */
function fileBytes(path: string, readFile: (path: string) => Uint8Array): Uint8Array | string {
  let bytes: Uint8Array;
  try {
    bytes = readFile(path);
  } catch {
    return `the file ${path} of its key cannot be read`;
  }
  const text = new TextDecoder().decode(bytes).trim();
  const content = text.startsWith(HEX) ? secretBytes(text) : bytes.at(-1) === 10 ? bytes.subarray(0, -1) : bytes;
  const { min, max } = SECRET_BYTES;
  if (content === undefined || content.length < min || content.length > max) {
    return `the file ${path} of its key does not have ${min} to ${max} bytes`;
  }
  return content;
}
