import { assertEquals, assertThrows } from "../../test/assert.ts";
import { EPOLLIN, EPOLLOUT } from "./constants.ts";
import { Epoll, epollEventWords } from "./epoll.ts";
import { libc } from "./libc.ts";
import { SystemError } from "./system_error.ts";

const EFD_NONBLOCK = 0o4000;

libc(); // before the tests, so that none is held to close the library

/** An eventfd that is readable when `value` is not 0, and always writable. */
function eventfd(value: number): number {
  return libc().eventfd(value, EFD_NONBLOCK);
}

Deno.test("Epoll.wait() reports each ready descriptor with its events", () => {
  const epoll = new Epoll();
  const [idle, first, second] = [eventfd(0), eventfd(1), eventfd(1)];
  epoll.add(idle);
  epoll.add(first);
  epoll.add(second, EPOLLIN | EPOLLOUT);
  assertEquals(epoll.wait(0), 2);
  assertEquals([epoll.fdAt(0), epoll.eventsAt(0)], [first, EPOLLIN]);
  assertEquals([epoll.fdAt(1), epoll.eventsAt(1)], [second, EPOLLIN | EPOLLOUT]);
  epoll.close();
  for (const fd of [idle, first, second]) libc().close(fd);
});

Deno.test("Epoll.modify() and remove() change what is reported", () => {
  const epoll = new Epoll();
  const fd = eventfd(1);
  epoll.add(fd);
  epoll.modify(fd, 0);
  assertEquals(epoll.wait(0), 0);
  epoll.modify(fd, EPOLLOUT);
  assertEquals(epoll.wait(0), 1);
  assertEquals(epoll.eventsAt(0), EPOLLOUT);
  epoll.remove(fd);
  assertEquals(epoll.wait(0), 0);
  epoll.close();
  libc().close(fd);
});

Deno.test("epollEventWords() is 12 bytes on x86_64 and 16 on aarch64, as the C compiler of each says", () => {
  assertEquals(epollEventWords("x86_64"), [3, 1]);
  assertEquals(epollEventWords("aarch64"), [4, 2]);
});

Deno.test("Epoll.wait() returns 0 at the timeout", () => {
  const epoll = new Epoll();
  assertEquals(epoll.wait(1), 0);
  epoll.close();
});

Deno.test("Epoll.waitAsync() sees a descriptor that becomes ready, and one added, during the wait", async () => {
  const epoll = new Epoll();
  const fd = eventfd(0);
  epoll.add(fd);
  const became = epoll.waitAsync(5_000);
  libc().write(fd, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]), 8);
  assertEquals(await became, 1);
  assertEquals(epoll.fdAt(0), fd);
  epoll.remove(fd);
  const added = epoll.waitAsync(5_000);
  epoll.add(fd);
  assertEquals(await added, 1);
  epoll.close();
  libc().close(fd);
});

Deno.test("Epoll.add() names a bad descriptor", () => {
  const epoll = new Epoll();
  const error = assertThrows(() => epoll.add(-1), SystemError);
  assertEquals(error.message, "Cannot watch descriptor -1: Bad file descriptor (EBADF)");
  epoll.close();
  assertEquals(epoll.fd, -1);
  epoll.close();
});
