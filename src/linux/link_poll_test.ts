// A pair of interfaces whose one end is taken down: the other loses its link.
import { assertEquals } from "../../test/assert.ts";
import { run, until } from "../../test/support/command.ts";
import { testWith } from "../../test/support/requirements.ts";
import { LinkPoll } from "./link_poll.ts";

testWith(["root", "program:ip"], "LinkPoll sees a link come and go, by every way that the driver knows", async () => {
  const [near, far] = ["hflink0", "hflink1"];
  await run("ip", "link", "add", near, "type", "veth", "peer", "name", far);
  const poll = new LinkPoll();
  try {
    await run("ip", "link", "set", near, "up");
    await run("ip", "link", "set", far, "up");
    await until("the link is there", () => poll.hasLink(near) === true, 5000);
    assertEquals([poll.ask(near, "ETHTOOL"), poll.ask(near, "IOCTL"), poll.ask(near, "MII")], [true, true, undefined]);
    await run("ip", "link", "set", far, "down");
    await until("the link is gone", () => poll.hasLink(near) === false, 5000);
    assertEquals([poll.hasLink(near, "MII"), poll.hasLink(near, "IOCTL")], [false, false]);
  } finally {
    await run("ip", "link", "del", near);
  }
  assertEquals([poll.hasLink(near), poll.hasLink("a name that is far too long for an interface")], [
    undefined,
    undefined,
  ]);
  poll.close();
});
