// `strict_mode`, `vrrp_strict`: what an instance must give up to be as RFC 9568 says, and what it is told about it.
import type { VrrpInstance } from "./config.ts";
import type { Report } from "./diagnostic.ts";
import { headOf, lastNamed, type Statement } from "./statement.ts";
import { valuePlace } from "./value_type.ts";

/** Advertisements that may be lost (RFC 9568 section 6.1). */
const MISSED_ADVERTISEMENTS = 3;

/**
 * Takes out of a strict instance what the RFC does not have, each with a complaint at its keyword, as keepalived does.
 * Unicast peers stay, as with Debian's keepalived: without them the instance would not find its peers.
 */
export function toTheLetter(statement: Statement, instance: VrrpInstance, report: Report): VrrpInstance {
  if (!instance.strict) return instance;
  const complain = (keyword: string, message: string, help?: string): void => {
    const place = lastNamed(statement, keyword);
    if (place !== undefined) report.add("value-ignored", valuePlace(place), message, { help });
  };
  const { priority, version, link } = instance;
  const isOwner = priority === 255;
  if (instance.preemptDelayUs > 0) complain("preempt_delay", "`preempt_delay` is ignored: strict mode has none");
  if (instance.downTimerAdverts !== MISSED_ADVERTISEMENTS) {
    complain("down_timer_adverts", "`down_timer_adverts` is ignored: in strict mode it is always 3");
  }
  if (instance.acceptMode && !isOwner && version === 2) {
    complain("accept", "`accept` is ignored: in strict mode with version 2 only the address owner accepts packets");
  }
  if (isOwner && !instance.ownerIgnoresAdverts) {
    complain("owner_ignore_adverts", "in strict mode an address owner always ignores advertisements");
  }
  if (!instance.silentTowardsLower) complain("lower_prio_no_advert", "strict mode never answers a lower priority");
  if (instance.advertisesBeforeGivingWay) {
    complain("higher_prio_send_advert", "`higher_prio_send_advert` is ignored in strict mode");
  }
  if (instance.gratuitousArp.lowerPriorityRepeat > 0) {
    const message = "strict mode does not announce addresses again after a lower priority";
    complain("garp_lower_prio_repeat", `\`garp_lower_prio_repeat\` is ignored: ${message}`);
  }
  // Peers are sent to from the parent whatever the mode.
  const needsParent = instance.sendsFromParent && instance.unicastPeers.length > 0;
  if (instance.sendsFromParent && !needsParent) {
    complain("vmac_xmit_base", "`vmac_xmit_base` is ignored in strict mode");
  }
  complainAboutAddresses(statement, instance, report);
  return {
    ...instance,
    preemptDelayUs: 0,
    downTimerAdverts: MISSED_ADVERTISEMENTS,
    acceptMode: isOwner || (instance.acceptMode && version === 3),
    ownerIgnoresAdverts: isOwner || instance.ownerIgnoresAdverts,
    silentTowardsLower: true,
    advertisesBeforeGivingWay: false,
    gratuitousArp: { ...instance.gratuitousArp, lowerPriorityRepeat: 0, lowerPriorityDelayUs: 0 },
    sendsFromParent: needsParent,
    ...(link === undefined ? {} : { link: { ...link, options: [] } }),
    ...(instance.hmac === undefined ? {} : { hmac: { ...instance.hmac, mode: "enforce" } }),
  };
}

function complainAboutAddresses(statement: Statement, instance: VrrpInstance, report: Report): void {
  const { name, family, virtualAddresses: [first], unicastPeers } = instance;
  if (first === undefined && lastNamed(statement, "no_virtual_ipaddress") !== undefined) {
    report.add("not-strict", headOf(statement), `\`${name}\` has no virtual address, which strict mode asks for`);
  }
  if (family === 6 && first !== undefined && !/^fe[89ab]/.test(first.address)) {
    const message = `\`${first.address}\` is the first address: in strict mode that must be a link-local one`;
    report.add("not-strict", first.location, message, { help: "write an address of fe80::/10 before it" });
  }
  const peers = lastNamed(statement, "unicast_peer");
  if (unicastPeers.length > 0 && peers !== undefined) {
    report.add("not-strict", peers.keyword, "strict mode has no unicast peers (RFC 9568): keeping them", {
      help: "newer releases of keepalived drop such an instance; remove `vrrp_strict` or `strict_mode`",
    });
  }
}
