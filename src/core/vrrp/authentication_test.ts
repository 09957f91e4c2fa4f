import { assert, assertEquals } from "../../../test/assert.ts";
import type { AuthTrailer } from "../../wire/auth_trailer.ts";
import { type AuthPolicy, judgeAuthentication, signingKey } from "./authentication.ts";
import type { ReplayState } from "./replay.ts";

const oldKey = new Uint8Array(32).fill(1);
const newKey = new Uint8Array(32).fill(2);
const policy: AuthPolicy = {
  keys: new Map([[1, oldKey], [2, newKey]]),
  activeKeyId: 2,
  mode: "enforce",
  antiReplay: "time",
  timeWindowSeconds: 5,
  slots: 4,
};
const none: ReplayState = new Map();

function trailer(keyId: number, seconds: number): { ok: true; value: AuthTrailer } {
  return { ok: true, value: { keyId, stamp: { seconds, fraction: 0, counter: 0 }, messageEnd: 32 } };
}

/** `ok` or the reason, for a packet that comes at 1000 s and was signed with the old key. */
function judge(found: Parameters<typeof judgeAuthentication>[2], own = policy, state = none): string {
  const verify = (_: AuthTrailer, key: Uint8Array): boolean => key === oldKey;
  const judged = judgeAuthentication(own, state, found, verify, "10.9.0.1", 1000);
  return judged.ok ? "ok" : judged.reason;
}

Deno.test("signingKey() is the active key, and none in receive-only mode", () => {
  assertEquals(signingKey(policy), { id: 2, key: newKey });
  assertEquals(signingKey({ ...policy, mode: "permissive" })?.id, 2);
  assertEquals(signingKey({ ...policy, mode: "receive-only" }), undefined);
  assertEquals(signingKey({ ...policy, activeKeyId: 3 }), undefined);
});

Deno.test("judgeAuthentication() believes any of the keys, not only the active one", () => {
  assertEquals(judge(trailer(1, 1000)), "ok");
});

Deno.test("judgeAuthentication() looks at the key, then the digest, then the time", () => {
  assertEquals(judge(trailer(3, 1)), "auth-unknown-key");
  assertEquals(judge(trailer(2, 1)), "auth-invalid-hmac");
  assertEquals(judge(trailer(1, 994)), "auth-stale");
  assertEquals(
    judge(trailer(1, 1000), policy, new Map([["10.9.0.1", { seconds: 1000, fraction: 0, counter: 0 }]])),
    "auth-replay",
  );
  assertEquals(judge({ ok: false, reason: "malformed" }), "auth-malformed");
  assertEquals(judge({ ok: false, reason: "missing" }), "auth-missing");
});

Deno.test("judgeAuthentication() believes unsigned packets unless enforced, but no wrong ones", () => {
  for (const mode of ["permissive", "receive-only"] as const) {
    assertEquals(judge({ ok: false, reason: "missing" }, { ...policy, mode }), "ok");
    assertEquals(judge({ ok: false, reason: "malformed" }, { ...policy, mode }), "auth-malformed");
    assertEquals(judge(trailer(2, 1000), { ...policy, mode }), "auth-invalid-hmac");
  }
});

Deno.test("judgeAuthentication() remembers the stamp of a packet only when it was authentic", () => {
  const verify = (): boolean => true;
  const good = judgeAuthentication(policy, none, trailer(1, 1000), verify, "10.9.0.1", 1000);
  assert(good.ok);
  assertEquals([...good.state.keys()], ["10.9.0.1"]);
  const forged = judgeAuthentication(policy, good.state, trailer(1, 1004), () => false, "10.9.0.1", 1000);
  assertEquals(forged, { ok: false, reason: "auth-invalid-hmac" });
  assert(judgeAuthentication(policy, good.state, trailer(1, 1001), verify, "10.9.0.1", 1000).ok);
});
