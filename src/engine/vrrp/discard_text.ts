// Why an advertisement is not believed, in words for the log.
import type { DiscardReason } from "../../core/vrrp/acceptance.ts";

/** The end of a sentence: `discarding advertisement from 192.0.2.1: ...`. */
export const DISCARD_TEXT: Readonly<Record<DiscardReason, string>> = {
  length: "it is cut short",
  version: "it is of another VRRP version",
  type: "it is of an unknown type",
  checksum: "its checksum is wrong",
  ttl: "its TTL is not as it should be",
  destination: "it is for a peer and not for the group, or the other way round",
  source: "its sender is none of our peers",
  "auth-type": "its authentication type is not ours",
  "auth-fail": "its password is wrong",
  "auth-header": "its authentication header is not one of VRRP",
  "auth-missing": "it is not signed",
  "auth-malformed": "what follows it is not a signature",
  "auth-unknown-key": "it is signed with a key that we don't have",
  "auth-invalid-hmac": "its signature is wrong",
  "auth-stale": "it was signed too long ago, or the clocks differ",
  "auth-replay": "it was sent before",
  interval: "its advertisement interval is not ours",
  owner: "we own the addresses",
};

/** Reasons that a router of our group would give which is configured in another way: it will become master beside us. */
export const MISCONFIGURED: ReadonlySet<DiscardReason> = new Set([
  "version",
  "auth-type",
  "auth-fail",
  "auth-missing",
  "auth-malformed",
  "auth-unknown-key",
  "auth-invalid-hmac",
  "auth-stale",
  "interval",
]);
