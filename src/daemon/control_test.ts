import { assert, assertEquals, assertRejects } from "../../test/assert.ts";
import { until } from "../../test/support/command.ts";
import { acceptClient, connectAbstract, listenAbstract, peerIdentity } from "../linux/abstract_socket.ts";
import { libc } from "../linux/libc.ts";
import { Reactor } from "../linux/reactor.ts";
import { type ControlRequest, ControlServer, type ControlServerOptions } from "./control.ts";
import { askDaemon } from "./control_client.ts";

libc(); // before the tests, so that none is held to close the library

let names = 0;

/** A server that answers `echo`, and throws for anything else; its requests and log lines are kept. */
async function withServer(
  body: (server: { name: string; log: string[] }) => Promise<void>,
  more: Partial<ControlServerOptions> = {},
): Promise<void> {
  const name = `holdfast-test-${Deno.pid}-${names++}`;
  const reactor = new Reactor();
  const log: string[] = [];
  const obey = ({ command, text }: ControlRequest): Promise<unknown> =>
    command === "echo" ? Promise.resolve({ text }) : Promise.reject(new Error(`there is no command ${command}`));
  const server = new ControlServer({ reactor, log: (line) => log.push(line), obey, name, ...more });
  try {
    await body({ name, log });
  } finally {
    server.close();
    reactor.close();
    await reactor.stopped();
  }
}

Deno.test("ControlServer carries out a request and sends the result, however long", async () => {
  await withServer(async ({ name }) => {
    assertEquals(await askDaemon({ command: "echo", text: "hello" }, { name }), {
      ok: true,
      result: { text: "hello" },
    });
  });
  const text = "x".repeat(3 << 20);
  await withServer(async ({ name }) => {
    assertEquals(await askDaemon({ command: "long" }, { name }), { ok: true, result: text });
  }, { obey: () => Promise.resolve(text) });
});

Deno.test("ControlServer sends why a request failed", async () => {
  await withServer(async ({ name }) => {
    const answer = { ok: false, message: "there is no command drink" } as const;
    assertEquals(await askDaemon({ command: "drink" }, { name }), answer);
  });
});

Deno.test("ControlServer serves several clients at the same time", async () => {
  const gate = Promise.withResolvers<void>();
  const obey = async ({ command }: ControlRequest): Promise<unknown> => {
    if (command === "wait") await gate.promise;
    else gate.resolve();
    return command;
  };
  await withServer(async ({ name }) => {
    const answers = await Promise.all(["wait", "open"].map((command) => askDaemon({ command }, { name })));
    assertEquals(answers, [{ ok: true, result: "wait" }, { ok: true, result: "open" }]);
  }, { obey });
});

Deno.test("ControlServer answers what is no request, and closes on one that is too long", async () => {
  await withServer(async ({ name }) => {
    const wrong = { com: "echo" } as unknown as ControlRequest;
    assertEquals(await askDaemon(wrong, { name }), { ok: false, message: "this is not a request" });
    await assertRejects(() => askDaemon({ command: "echo", text: "x".repeat(5000) }, { name }), Error, "closed");
    assertEquals(await askDaemon({ command: "echo" }, { name }), { ok: true, result: {} });
  });
});

Deno.test("ControlServer keeps a bounded number of clients", async () => {
  const gate = Promise.withResolvers<void>();
  let taken = 0;
  const obey = async ({ command }: ControlRequest): Promise<unknown> => {
    if (command === "wait") {
      taken++;
      await gate.promise;
    }
    return {};
  };
  await withServer(async ({ name }) => {
    const clients: Promise<unknown>[] = [];
    for (let count = 1; count <= 16; count++) {
      clients.push(askDaemon({ command: "wait" }, { name }));
      await until("it is served", () => taken === count, 10_000); // the backlog is shorter
    }
    await assertRejects(() => askDaemon({ command: "echo" }, { name }), Error, "closed");
    gate.resolve();
    await Promise.all(clients);
    const isServed = async (): Promise<boolean> =>
      (await askDaemon({ command: "echo" }, { name }).catch(() => undefined))?.ok === true;
    await until("there is room again", isServed, 10_000);
  }, { obey });
});

Deno.test("askDaemon() finds nobody, or somebody who does not answer", async () => {
  assertEquals(await askDaemon({ command: "echo" }, { name: `holdfast-test-${Deno.pid}-nobody` }), undefined);
  await withServer(async ({ name }) => {
    await assertRejects(() => askDaemon({ command: "echo" }, { name, limitMs: 20 }), Error, "has not answered");
  }, { obey: () => new Promise(() => {}) });
});

Deno.test("peerIdentity() tells both ends who the other is", () => {
  const name = `holdfast-test-${Deno.pid}-identity`;
  const listener = listenAbstract(name);
  const client = connectAbstract(name) ?? -1;
  const accepted = acceptClient(listener) ?? -1;
  assert(client >= 0 && accepted >= 0);
  const ourselves = { processId: Deno.pid, userId: libc().geteuid() };
  assertEquals([peerIdentity(client), peerIdentity(accepted)], [ourselves, ourselves]);
  assertEquals(acceptClient(listener), undefined);
  for (const fd of [client, accepted, listener]) libc().close(fd);
  assertEquals(connectAbstract(name), undefined);
});
