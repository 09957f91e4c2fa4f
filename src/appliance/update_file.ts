// The file that an update of the appliance comes as: two lines, then the images of a slot. Bytes and signatures only.
//
//   {"holdfast-update":1,"version":...,"boot":{"bytes":...,"sha256":...},"root":{...}}
//   base64 of the ed25519 signature over the first line without its newline
//   the boot image, the root image

/** One image of a slot. */
export interface UpdateImage {
  readonly bytes: number;
  /** In hexadecimal. */
  readonly sha256: string;
}

/** What the first line says. */
export interface Manifest {
  readonly "holdfast-update": 1;
  readonly version: string;
  readonly architecture: "amd64";
  /** Seconds since 1970, of the sources. */
  readonly created: number;
  readonly boot: UpdateImage;
  readonly root: UpdateImage;
}

/** Longest of the two lines: more is no update. */
export const MAX_LINE_BYTES = 4096;
/** Larger than any partition of a slot. */
const MAX_IMAGE_BYTES = 2 ** 32;
const ED25519_KEY_BYTES = 32;

/** A public key that updates may be signed with. */
export interface TrustedKey {
  /** What follows the key on its line. */
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Keys of a text with lines `BASE64 name`; lines that are none, and comments after `#`, are passed over. */
export function trustedKeys(text: string): TrustedKey[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [base64 = "", ...name] = line.trim().split(/\s+/);
    const bytes = fromBase64(base64);
    return bytes?.length === ED25519_KEY_BYTES ? [{ name: name.join(" ") || "without a name", bytes }] : [];
  });
}

/**
 * The manifest, if one of the keys has signed it. Nothing of it is looked at before that.
 *
 * @returns the manifest and the key, or a sentence why not
 */
export async function openManifest(
  line: string,
  signature: string,
  keys: readonly TrustedKey[],
): Promise<{ ok: true; manifest: Manifest; key: TrustedKey } | { ok: false; problem: string }> {
  const signatureBytes = fromBase64(signature);
  if (signatureBytes === undefined) return { ok: false, problem: "this is not an update of the appliance" };
  if (keys.length === 0) return { ok: false, problem: "this appliance trusts no key, so no update can be checked" };
  for (const key of keys) {
    if (!await isSignedBy(line, signatureBytes, key)) continue;
    const manifest = parseManifest(line);
    if (manifest === undefined) {
      return { ok: false, problem: "the update is signed, but not for this version of the appliance" };
    }
    return { ok: true, manifest, key };
  }
  return { ok: false, problem: "the update is not signed by a key that this appliance trusts" };
}

async function isSignedBy(line: string, signature: Uint8Array<ArrayBuffer>, { bytes }: TrustedKey): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey("raw", bytes, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, new TextEncoder().encode(line));
  } catch {
    return false; // not a point of the curve
  }
}

function parseManifest(line: string): Manifest | undefined {
  let value: Manifest;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  const isImage = (image: unknown): boolean => {
    const { bytes, sha256 } = (image ?? {}) as UpdateImage;
    return Number.isSafeInteger(bytes) && bytes > 0 && bytes < MAX_IMAGE_BYTES && /^[0-9a-f]{64}$/.test(sha256);
  };
  const isOurs = value?.["holdfast-update"] === 1 && value.architecture === "amd64" &&
    /^[\w.+~-]{1,64}$/.test(value.version);
  return isOurs && isImage(value.boot) && isImage(value.root) ? value : undefined;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
