// What is said of the appliance's slots and asked of updates, as zod schemas.
import { z } from "zod";
import { words } from "./write_schemas.ts";

const time = z.iso.datetime().describe("RFC 3339, UTC, with milliseconds");
const slot = z.enum(["a", "b"]);
const reason = words.optional().describe("why, for those who look at the state");

const terms = {
  failoverFirst: z.boolean().optional().describe("hand the addresses over to a peer before"),
  force: z.boolean().optional().describe("with failoverFirst: even if no peer has been heard"),
  whileMaster: z.boolean().optional().describe("even if this machine is master"),
  reboot: z.boolean().optional().describe("start the other slot afterwards"),
};

export const Slots = z.object({
  appliance: z.boolean(),
  text: z.string().describe("one sentence"),
  version: z.string(),
  slot: slot.optional().describe("the one that runs"),
  nextSlot: slot.optional().describe("the one that is started next"),
  slots: z.array(z.object({
    slot,
    running: z.boolean(),
    good: z.boolean().describe("it was found healthy once"),
    triesLeft: z.int().describe("how often it is still tried before the other one is taken"),
    version: z.string().optional(),
    provenance: z.object({
      madeAt: time.describe("of its sources"),
      key: z.string().describe("name of the key that has signed it"),
      installedAt: time,
      from: z.string(),
      by: z.string(),
    }).optional(),
  })),
}).meta({ id: "Slots" });

export const UpdateRequest = z.strictObject({
  url: z.string().max(2048).regex(/^https:\/\//i).describe("of a signed update; https, and no password in it"),
  ...terms,
  reason,
}).meta({ id: "UpdateRequest" });

export const SlotRollbackRequest = z.strictObject({ ...terms, reason }).meta({ id: "SlotRollbackRequest" });

const asked = z.enum(["true", "false"]).optional();
export const UploadQuery = z.object({
  failoverFirst: asked.describe("hand the addresses over to a peer before"),
  force: asked.describe("with failoverFirst: even if no peer has been heard"),
  whileMaster: asked.describe("even if this machine is master"),
  reboot: asked.describe("start the other slot afterwards"),
});

export const UpdateBegun = z.object({
  text: z.string().describe("one sentence"),
  task: z.string().describe("what tells how it goes on: /tasks/{id}"),
}).meta({ id: "UpdateBegun" });

export const Confirmed = z.object({ text: z.string() }).meta({ id: "Confirmed" });
