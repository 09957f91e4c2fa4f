// Configurations that root of this machine tries out by the control socket: `apply`, `confirm` and `roll-back`. What they may
// bring is not limited, unlike over the API: who may give these commands may write the file as well.
import { changeLines } from "../config/plan.ts";
import type { ConfigChange, ConfigChanges } from "./config_changes.ts";
import type { ControlRequest } from "./control.ts";
import { cleanText, duration } from "./signature.ts";

/** Carries one out. @returns what to print, undefined when it is another command @throws Error with the reason */
export async function obeyConfigOrder(changes: ConfigChanges, request: ControlRequest): Promise<string | undefined> {
  const { command, path, generation } = request;
  const actor = cleanText(request.author) ?? "root";
  switch (command) {
    case "apply": {
      if (typeof path !== "string") throw new Error("which file is to be applied?");
      const confirmMs = duration(request);
      const comment = cleanText(request.reason);
      return told(
        await changes.apply({
          text: Deno.readTextFileSync(path),
          actor,
          isRoot: true,
          save: request.save !== false,
          ...(confirmMs !== undefined && { confirmMs }),
          ...(comment !== undefined && { comment }),
        }),
      );
    }
    case "confirm":
      return told(changes.confirm());
    case "roll-back":
      if (generation !== undefined && typeof generation !== "number") throw new Error("a generation is a number");
      return told(await changes.rollback(actor, generation));
    default:
      return undefined;
  }
}

function told({ text, changes, confirmByMs }: ConfigChange): string {
  const hint = confirmByMs === undefined ? [] : ["it is taken back then, unless `holdfast confirm` comes before"];
  return [text, ...hint, ...changes.flatMap(changeLines)].join("\n");
}
