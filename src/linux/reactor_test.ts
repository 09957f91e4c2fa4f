import { assertEquals } from "../../test/assert.ts";
import { libc } from "./libc.ts";
import { Reactor } from "./reactor.ts";

libc(); // before the tests, so that none is held to close the library

const EFD_NONBLOCK = 0o4000;
const ONE = new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]);

function signal(fd: number): void {
  libc().write(fd, ONE, ONE.length);
}

function drain(fd: number): void {
  libc().read(fd, new Uint8Array(8), 8);
}

Deno.test("Reactor calls back for each readable descriptor, and again while it stays readable", async () => {
  const reactor = new Reactor();
  const [a, b] = [libc().eventfd(0, EFD_NONBLOCK), libc().eventfd(1, EFD_NONBLOCK)];
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  reactor.add(a, () => {
    drain(a);
    seen.push("a");
    resolve();
  });
  let left = 3;
  reactor.add(b, () => {
    seen.push("b");
    if (--left > 0) return;
    reactor.remove(b);
    signal(a);
  });
  await promise;
  assertEquals(seen, ["b", "b", "b", "a"]);
  reactor.close();
  await reactor.stopped();
  libc().close(a);
  libc().close(b);
});

Deno.test("Reactor does not give a new descriptor what its number's previous owner was ready for", async () => {
  const reactor = new Reactor();
  const [first, second] = [libc().eventfd(1, EFD_NONBLOCK), libc().eventfd(1, EFD_NONBLOCK)];
  const tick = libc().eventfd(0, EFD_NONBLOCK);
  const seen: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  // Whichever of the two comes first replaces the other, whose event waits in the same batch.
  const replace = (own: number, other: number): void => {
    seen.push("replaced");
    for (const fd of [own, other]) reactor.remove(fd);
    libc().close(other);
    const reopened = libc().eventfd(0, EFD_NONBLOCK);
    assertEquals(reopened, other);
    reactor.add(reopened, () => seen.push("stale"));
    signal(tick);
  };
  // Added by a callback, between two waits, so that the next wait reports both.
  signal(tick);
  reactor.add(tick, () => {
    drain(tick);
    if (seen.length > 0) return resolve();
    reactor.add(first, () => replace(first, second));
    reactor.add(second, () => replace(second, first));
  });
  await promise;
  assertEquals(seen, ["replaced"]);
  reactor.close();
  await reactor.stopped();
  for (const fd of [first, second, tick]) libc().close(fd);
});

Deno.test("Reactor goes on after a callback has thrown, and reports the error as uncaught", async () => {
  const reactor = new Reactor();
  const fd = libc().eventfd(1, EFD_NONBLOCK);
  const errors: unknown[] = [];
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    errors.push(event.error.message);
  };
  addEventListener("error", onError);
  const { promise, resolve } = Promise.withResolvers<void>();
  let calls = 0;
  reactor.add(fd, () => {
    if (++calls === 1) throw new Error("first call");
    resolve();
  });
  await promise;
  removeEventListener("error", onError);
  assertEquals(errors, ["first call"]);
  reactor.close();
  await reactor.stopped();
  libc().close(fd);
});

Deno.test("Reactor keeps the process alive while something is watched, and not longer", async () => {
  const script = `
    const { sharedReactor } = await import(${JSON.stringify(new URL("./reactor.ts", import.meta.url).href)});
    const { libc } = await import(${JSON.stringify(new URL("./libc.ts", import.meta.url).href)});
    const fd = libc().eventfd(0, 0o4000);
    sharedReactor().add(fd, () => {
      console.log("woken");
      sharedReactor().remove(fd);
    });
    const timer = setTimeout(() => libc().write(fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 8), 100);
    Deno.unrefTimer(timer);
    // Watched and given up while the wait is pending, then watched again.
    sharedReactor().remove(fd);
    sharedReactor().add(fd, () => {
      console.log("woken");
      sharedReactor().remove(fd);
    });
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-config", "--allow-ffi", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const { code, stdout } = await child.output();
  clearTimeout(limit);
  assertEquals(new TextDecoder().decode(stdout), "woken\n");
  assertEquals(code, 0);
});
