// ServiceManager: what systemd is told, and over a real socket.
import { assertEquals } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import type { RoleSnapshot } from "../ports/snapshot.ts";
import { abstractAddress } from "../linux/abstract_socket.ts";
import { AF_UNIX, MSG_DONTWAIT, SOCK_DGRAM } from "../linux/constants.ts";
import { libc } from "../linux/libc.ts";
import { ServiceNotify } from "../linux/service_notify.ts";
import { ServiceManager } from "./service_manager.ts";

type State = RoleSnapshot["state"];

function roles(vrrp: State, health: State, api: State): RoleSnapshot[] {
  return [{ name: "vrrp", state: vrrp, restarts: 0 }, { name: "health", state: health, restarts: 0 }, {
    name: "api",
    state: api,
    restarts: 0,
  }];
}

function recorded(): { sent: string[]; transport: Pick<ServiceNotify, "send" | "close"> } {
  const sent: string[] = [];
  return { sent, transport: { send: (...lines) => sent.push(lines.join("|")) > 0, close: () => {} } };
}

Deno.test("rolesChanged() says READY=1 once, when vrrp and health run, whatever the api does", () => {
  const { sent, transport } = recorded();
  const manager = new ServiceManager(transport);
  manager.rolesChanged(roles("starting", "stopped", "stopped"));
  manager.rolesChanged(roles("running", "starting", "starting"));
  assertEquals(sent, ["STATUS=vrrp starting", "STATUS=vrrp running, health starting, api starting"]);
  manager.rolesChanged(roles("running", "running", "restarting"));
  manager.rolesChanged(roles("running", "running", "restarting"));
  manager.rolesChanged(roles("restarting", "running", "running"));
  manager.stopping();
  manager.close();
  assertEquals(sent.slice(2), [
    "STATUS=vrrp running, health running, api restarting",
    "READY=1",
    "STATUS=vrrp restarting, health running, api running",
    "STOPPING=1|STATUS=stopping",
  ]);
});

Deno.test("rolesChanged() is ready when nothing is configured", () => {
  const { sent, transport } = recorded();
  const manager = new ServiceManager(transport);
  manager.rolesChanged(roles("stopped", "stopped", "stopped"));
  manager.close();
  assertEquals(sent, ["STATUS=nothing is configured", "READY=1"]);
});

Deno.test("the watchdog is fed three times per interval", async () => {
  const { sent, transport } = recorded();
  const manager = new ServiceManager(transport, 60_000);
  await until("it is fed", () => sent.length >= 3, 10_000);
  manager.close();
  assertEquals(new Set(sent), new Set(["WATCHDOG=1"]));
});

Deno.test("fromEnvironment() takes the variables away, and does without a socket that cannot be used", () => {
  Deno.env.set("NOTIFY_SOCKET", "neither");
  Deno.env.set("WATCHDOG_USEC", "1000000");
  const said: string[] = [];
  const manager = ServiceManager.fromEnvironment((line) => said.push(line));
  manager.rolesChanged(roles("stopped", "stopped", "stopped"));
  manager.close();
  assertEquals([Deno.env.get("NOTIFY_SOCKET"), Deno.env.get("WATCHDOG_USEC")], [undefined, undefined]);
  assertEquals(said, [
    "warning: NOTIFY_SOCKET: Cannot use the socket neither: it is neither a path nor an abstract name",
  ]);
});

Deno.test("ServiceNotify sends whole datagrams to a path and to an abstract name; nobody there is no error", async () => {
  const path = `${await Deno.makeTempDir()}/notify`;
  const name = `holdfast-test-${Deno.pid}-notify`;
  for (
    const [socket, address] of [[path, pathAddress(path)], [
      `@${name}`,
      abstractAddress(name),
    ]] as const
  ) {
    const notify = new ServiceNotify(socket);
    assertEquals(notify.send("READY=1"), false);
    const listener = libc().socket(AF_UNIX, SOCK_DGRAM, 0);
    assertEquals(libc().bind(listener, address, address.length), 0);
    assertEquals(notify.send("READY=1", "STATUS=all is well"), true);
    const buffer = new Uint8Array(100);
    const length = libc().recv(listener, buffer, buffer.length, MSG_DONTWAIT);
    libc().close(listener);
    notify.close();
    assertEquals(new TextDecoder().decode(buffer.subarray(0, length)), "READY=1\nSTATUS=all is well");
  }
});

/** struct sockaddr_un of a path. */
function pathAddress(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array([AF_UNIX, 0, ...new TextEncoder().encode(path), 0]);
}
