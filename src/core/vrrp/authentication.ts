// Whether a VRRPv3 packet is authentic under keepalived's `auth_hmac`: keys, modes, and the checks in their order. The
// digest itself is computed by who asks.
import type { Result } from "../../base/result.ts";
import type { AuthTrailer } from "../../wire/auth_trailer.ts";
import { judgeStamp, type ReplayPolicy, type ReplayState } from "./replay.ts";

/** An `auth_hmac` block. */
export interface AuthPolicy extends ReplayPolicy {
  /** Secrets by key id, 1 to 255; several for the time of a change. */
  readonly keys: ReadonlyMap<number, Uint8Array>;
  /** The key that we sign with, one of `keys`. */
  readonly activeKeyId: number;
  /**
   * `enforce`: sign, and believe only what is signed; `permissive`: sign, and believe what is not signed, too;
   * `receive-only`: the same without signing. What is signed must be right in every mode.
   */
  readonly mode: "enforce" | "permissive" | "receive-only";
}

/** Why a packet is not believed; also the label of its counter, as keepalived's `auth_ext_*`. */
export type AuthDiscard =
  | "auth-missing"
  | "auth-malformed"
  | "auth-unknown-key"
  | "auth-invalid-hmac"
  | "auth-stale"
  | "auth-replay";

/** Id and secret to sign with; undefined: this mode does not sign. */
export function signingKey(policy: AuthPolicy): { readonly id: number; readonly key: Uint8Array } | undefined {
  const key = policy.keys.get(policy.activeKeyId);
  return policy.mode === "receive-only" || key === undefined ? undefined : { id: policy.activeKeyId, key };
}

/**
 * Judges a packet by what `readAuthTrailer` found. Its stamp counts only after its digest was right, so that nobody
 * without a key can shut a sender out.
 *
 * @param verify whether the digest of the trailer is right under this key (`verifyAuthTrailer`)
 * @param sender the packet's source address
 * @param utcSeconds our clock, since 1970, with fraction
 * @returns the state for the next packet, or why this one is not believed
 */
export function judgeAuthentication(
  policy: AuthPolicy,
  state: ReplayState,
  found: Result<AuthTrailer, "missing" | "malformed">,
  verify: (trailer: AuthTrailer, key: Uint8Array) => boolean,
  sender: string,
  utcSeconds: number,
): { readonly ok: true; readonly state: ReplayState } | { readonly ok: false; readonly reason: AuthDiscard } {
  if (!found.ok) {
    if (found.reason === "missing" && policy.mode !== "enforce") return { ok: true, state };
    return { ok: false, reason: `auth-${found.reason}` };
  }
  const key = policy.keys.get(found.value.keyId);
  if (key === undefined) return { ok: false, reason: "auth-unknown-key" };
  if (!verify(found.value, key)) return { ok: false, reason: "auth-invalid-hmac" };
  const judged = judgeStamp(policy, state, sender, found.value.stamp, utcSeconds);
  return judged.ok ? judged : { ok: false, reason: `auth-${judged.reason}` };
}
