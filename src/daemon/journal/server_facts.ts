// What two pictures of the virtual servers, one after the other, say happened between them. No state.
import { formatEndpoint } from "../../base/ip.ts";
import type { Fact } from "../../core/journal/entry.ts";
import type { RealServerSnapshot, VirtualServerSnapshot } from "../../ports/snapshot.ts";

/** Real servers that went up or down, then what became of their virtual servers. What is new in a picture did not change. */
export function serverFacts(
  before: readonly VirtualServerSnapshot[],
  after: readonly VirtualServerSnapshot[],
): Fact[] {
  const earlier = new Map(before.map((server) => [server.name, server]));
  return after.flatMap((server) => {
    const previous = earlier.get(server.name);
    return previous === undefined || previous === server
      ? []
      : [...realServers(previous, server), ...quorum(previous, server), ...failOpen(previous, server)];
  });
}

function realServers(before: VirtualServerSnapshot, after: VirtualServerSnapshot): Fact[] {
  const earlier = new Map(before.realServers.map((server) => [endpoint(server), server]));
  return after.realServers.flatMap((server): Fact[] => {
    const previous = earlier.get(endpoint(server));
    if (previous === undefined) return [];
    const [name, service] = [endpoint(server), after.name];
    const remarks = remarksOn(previous, server).map((text): Fact => ({ type: "remark", name, service, text }));
    const up = isUp(server);
    if (isUp(previous) === up) return remarks;
    const { check } = server;
    const text = check === undefined ? "" : `${check.type} check: ${check.text || check.status}`;
    return [{ type: "server", name, service, up, text }, ...remarks];
  });
}

/** What its agent wants of it, and its certificate. */
function remarksOn(before: RealServerSnapshot, { agent, certificate }: RealServerSnapshot): string[] {
  const isNew = agent !== undefined && (before.agent?.mode ?? "ready") !== agent.mode;
  const wasEnding = before.certificate?.ending ?? false;
  const days = `${certificate?.daysLeft} day${certificate?.daysLeft === 1 ? "" : "s"}`;
  return [
    ...(isNew ? [`its agent says ${agent.mode}`] : []),
    ...(certificate === undefined || certificate.ending === wasEnding
      ? []
      : [certificate.daysLeft < 0 ? "its certificate has expired" : `its certificate is valid for ${days}`]),
  ];
}

function quorum(before: VirtualServerSnapshot, after: VirtualServerSnapshot): Fact[] {
  const isSorry = after.sorryServer?.active === true;
  if (before.up === after.up && (before.sorryServer?.active === true) === isSorry) return [];
  const weights = `weight ${after.quorum.have} of ${after.quorum.need} needed`;
  const text = isSorry ? `${weights}, the sorry server is in` : weights;
  return [{ type: "service", name: after.name, up: after.up, text }];
}

function failOpen(before: VirtualServerSnapshot, after: VirtualServerSnapshot): Fact[] {
  const held = (server: VirtualServerSnapshot): string =>
    server.realServers.filter((real) => real.held).map(endpoint).join(", ");
  const [was, is] = [held(before), held(after)];
  if (was === is) return [];
  const text = is === "" ? "fail_open ends" : `no real server is up, fail_open keeps ${is} in the table`;
  return [{ type: "service", name: after.name, up: after.up, text }];
}

function endpoint({ address, port }: RealServerSnapshot): string {
  return formatEndpoint(address, port);
}

/** One that is going down or up still counts as what it was. */
function isUp({ state }: RealServerSnapshot): boolean {
  return state !== "down" && state !== "going-up";
}
