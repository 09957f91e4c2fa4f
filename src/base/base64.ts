// Bytes as base64 (RFC 4648, section 4), for what crosses a link as JSON.

/** `String.fromCharCode` takes its arguments on the stack. */
const CHUNK = 8192;

/** With padding, without line breaks. */
export function encodeBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += CHUNK) text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
