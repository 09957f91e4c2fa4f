import { assertEquals } from "../../../test/assert.ts";
import { serverMail, vrrpMail } from "./mails.ts";

const master = { kind: "instance", name: "VI_1", word: "MASTER", priority: 150 } as const;

Deno.test("vrrpMail() has keepalived's subjects", () => {
  const subjectOf = (news: Parameters<typeof vrrpMail>[1]): string => vrrpMail("LB1", news).subject;
  assertEquals(subjectOf(master), "[LB1] VRRP Instance VI_1 - Entering MASTER state");
  assertEquals(subjectOf({ ...master, word: "DELETED" }), "[LB1] VRRP Instance VI_1 - Deleted");
  assertEquals(
    subjectOf({ kind: "group", name: "G1", word: "FAULT", priority: 0 }),
    "[LB1] VRRP Group G1 - Entering FAULT state",
  );
  assertEquals(
    vrrpMail("LB1", master).text,
    "The VRRP instance VI_1 on LB1 is in the state MASTER now.\nThis host holds its virtual addresses.\n" +
      "Its effective priority is 150.\n",
  );
});

Deno.test("serverMail() has keepalived's subjects, and nothing that could be a header of its own", () => {
  const common = { virtualServer: "[10.0.0.1]:tcp:80", to: "down", reason: "refused\r\nBcc: all@example.com" } as const;
  const real = serverMail("LB1", { ...common, kind: "real-server", realServer: "[10.0.1.1]:tcp:80" });
  assertEquals(real.subject, "[LB1] Realserver [10.0.1.1]:tcp:80 of virtual server [10.0.0.1]:tcp:80 - DOWN");
  assertEquals(
    real.text,
    "The real server [10.0.1.1]:tcp:80 of the virtual server [10.0.0.1]:tcp:80 on LB1 is DOWN now.\n" +
      "Reason: refused??Bcc: all@example.com.\n",
  );
  const virtual = serverMail("L\nB", { ...common, kind: "virtual-server", realServer: undefined });
  assertEquals(virtual.subject, "[L?B] Virtualserver [10.0.0.1]:tcp:80 - DOWN");
});
