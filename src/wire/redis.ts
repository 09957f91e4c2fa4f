// Commands and replies of Redis (RESP2), as much as PING, AUTH and ROLE need.

/** A command as an array of bulk strings, so that any password can be in it. */
export function encodeRedisCommand(...words: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  return Uint8Array.from([
    ...encoder.encode(`*${words.length}\r\n`),
    ...words.flatMap((word) => {
      const bytes = encoder.encode(word);
      return [...encoder.encode(`$${bytes.length}\r\n`), ...bytes, 13, 10];
    }),
  ]);
}

/** A reply. Of an array only the first element is looked at: it is the role. */
export type RedisReply =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "error"; readonly text: string }
  /** Not RESP, or not what was asked for. */
  | { readonly type: "unknown" };

const MAX_TEXT = 512;

/** The reply that has come, however much follows; undefined: more has to come. */
export function readRedisReply(bytes: Uint8Array): RedisReply | undefined {
  const text = String.fromCharCode(...bytes.subarray(0, 2 * MAX_TEXT));
  const array = /^\*[1-9]\d{0,2}\r\n/.exec(text);
  const reply = text.slice(array?.[0].length ?? 0);
  if (reply === "" || isBegun(text, /^\*[1-9]?\d{0,2}\r?$/)) return undefined;
  const [kind] = reply;
  if (kind === "+" || kind === "-") {
    const end = reply.indexOf("\r\n");
    if (end < 0) return reply.length > MAX_TEXT ? { type: "unknown" } : undefined;
    return { type: kind === "+" ? "text" : "error", text: reply.slice(1, end) };
  }
  const bulk = /^\$(\d{1,3})\r\n/.exec(reply);
  if (bulk === null) return isBegun(reply, /^\$\d{0,3}\r?$/) ? undefined : { type: "unknown" };
  const length = Number(bulk[1]);
  const content = reply.slice(bulk[0].length);
  if (length > MAX_TEXT) return { type: "unknown" };
  return content.length < length + 2 ? undefined : { type: "text", text: content.slice(0, length) };
}

function isBegun(text: string, pattern: RegExp): boolean {
  return pattern.test(text);
}
