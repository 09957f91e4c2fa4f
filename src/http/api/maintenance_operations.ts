// The whole node out of VRRP, and back: the operations on `/node/maintenance`.
import type { z } from "zod";
import type { CommandRequest } from "../../ports/commands.ts";
import type { Snapshot } from "../../ports/snapshot.ts";
import { tagOf } from "../etag.ts";
import { maintenanceOf } from "../status.ts";
import type { Call, Operation, Outcome } from "./operation.ts";
import { ask, terms } from "./write_operations.ts";
import * as schemas from "./write_schemas.ts";

const PATH = "/node/maintenance";

/** All of them, in the order of the description. */
export const MAINTENANCE_OPERATIONS: readonly Operation[] = [
  {
    id: "getMaintenance",
    method: "get",
    path: PATH,
    role: "reader",
    summary: "Whether the whole node has stepped down; its ETag is for If-Match",
    reply: schemas.Maintenance,
    hasEtag: true,
    run: ({ snapshot }) => {
      const { node } = snapshot();
      return { status: 200, body: maintenanceOf(node), etag: tagOf(node.maintenance) };
    },
  },
  {
    id: "setMaintenance",
    method: "put",
    path: PATH,
    role: "operator",
    summary: "Hands over what this node is master of; then it takes over nothing, also after a restart",
    query: schemas.DryRun,
    body: schemas.MaintenanceRequest,
    bodyMayMiss: true,
    reply: schemas.MaintenanceChange,
    hasEtag: true,
    mayTakeLonger: true,
    problems: [409, 503],
    run: async ({ snapshot, command }, call) => {
      const { ttlSeconds, reason, force, takesOverAlone } = call.body as z.infer<typeof schemas.MaintenanceRequest>;
      const picture = snapshot();
      const { vrrpInstances } = picture;
      if (vrrpInstances.length === 0) return { status: 409, detail: "there is no VRRP instance here" };
      const masters = vrrpInstances.filter(({ state }) => state === "master");
      const lonely = masters.find(({ peer }) => peer === undefined || peer.priority === 0);
      if (lonely !== undefined && force !== true) {
        return {
          status: 409,
          detail:
            `no peer of ${lonely.name} has been heard that could take over: \`force\` if you know that there is one`,
        };
      }
      const request = {
        command: "maintenance",
        ...terms(ttlSeconds, reason),
        ...(force === true && { force }),
        ...(takesOverAlone === true && { takesOverAlone }),
      };
      const handed = masters.map(({ name }) => name).join(", ");
      const would = masters.length === 0 ? "it is master of nothing" : `${handed} would be handed over`;
      return await change({ command, picture }, call, request, `this node would be in maintenance: ${would}`);
    },
  },
  {
    id: "endMaintenance",
    method: "delete",
    path: PATH,
    role: "operator",
    summary: "The node takes part again, as its configuration says",
    query: schemas.DryRun,
    reply: schemas.MaintenanceChange,
    hasEtag: true,
    problems: [409, 503],
    run: ({ snapshot, command }, call) =>
      change({ command, picture: snapshot() }, call, { command: "end-maintenance" }, "maintenance would be over"),
  },
];

async function change(
  { command, picture }: { readonly command: Parameters<typeof ask>[0]; readonly picture: Snapshot },
  call: Call,
  request: CommandRequest,
  would: string,
): Promise<Outcome> {
  const standing = tagOf(picture.node.maintenance);
  if (call.query.dryRun === "true") {
    if (call.ifMatch !== undefined && ![standing, "*"].some((tag) => call.ifMatch?.includes(tag))) {
      return { status: 412, detail: "an operator has said something else by now" };
    }
    return { status: 200, body: { done: false, text: would, warnings: [] }, etag: standing };
  }
  const answer = await ask(command, call, request);
  if ("detail" in answer) return answer;
  const { text, etag, task } = answer.result as { text: string; etag: string; task?: string };
  const body = { done: true, text, warnings: [], ...(task !== undefined && { task }) };
  if (task === undefined) return { status: 200, body, etag };
  return { status: 202, body, etag, location: `/api/v1/tasks/${task}` };
}
