// The numbers and layouts of the C library and the kernel that src/linux/ uses, against the headers of both processors that
// Holdfast runs on. Only compiled, never run: each is a static assertion.

import { assert, assertEquals } from "../../assert.ts";

const LINUX = new URL("../../../src/linux/", import.meta.url);
const COMPILERS = { x86_64: "gcc", aarch64: "aarch64-linux-gnu-gcc" } as const;
const HEADERS = [
  ...["errno", "fcntl", "sched", "signal", "stdint", "stddef"],
  ...["sys/epoll", "sys/eventfd", "sys/file", "sys/mman", "sys/prctl", "sys/resource", "sys/socket", "sys/timerfd"],
  ...["sys/timex", "sys/un", "netinet/in", "netinet/icmp6", "net/if", "linux/ethtool", "linux/filter", "linux/icmp"],
  ...["linux/if_packet", "linux/if_ether", "linux/mii", "linux/netlink", "linux/rtnetlink", "linux/sockios"],
];
/** sizeof and offsetof that are written out in src/linux/, in bytes. */
const LAYOUTS = [
  ["sizeof(void *)", 8],
  ["sizeof(struct timespec)", 16],
  ["sizeof(struct itimerspec)", 32],
  ["sizeof(struct timeval)", 16],
  ["sizeof(struct timex)", 208],
  ["sizeof(struct rlimit)", 16],
  ["sizeof(struct sigaction)", 152],
  ["offsetof(struct sigaction, sa_flags)", 136],
  ["sizeof(struct msghdr)", 56],
  ["offsetof(struct msghdr, msg_iov)", 16],
  ["offsetof(struct msghdr, msg_control)", 32],
  ["offsetof(struct msghdr, msg_controllen)", 40],
  ["offsetof(struct msghdr, msg_flags)", 48],
  ["sizeof(struct iovec)", 16],
  ["sizeof(struct cmsghdr)", 16],
  ["sizeof(struct ucred)", 12],
  ["sizeof(struct ifreq)", 40],
  ["sizeof(struct sock_fprog)", 16],
  ["offsetof(struct sock_fprog, filter)", 8],
  ["sizeof(struct sock_filter)", 8],
  ["sizeof(struct sockaddr_ll)", 20],
  ["sizeof(struct sockaddr_nl)", 12],
  ["sizeof(struct sockaddr_in)", 16],
  ["sizeof(struct sockaddr_in6)", 28],
  ["sizeof(struct sockaddr_un)", 110],
  ["sizeof(struct ip_mreqn)", 12],
  ["sizeof(struct ipv6_mreq)", 20],
  ["sizeof(struct in6_pktinfo)", 20],
  ["sizeof(struct in_pktinfo)", 12],
  ["sizeof(struct icmp6_filter)", 32],
] as const;
const EPOLL_EVENT = { x86_64: [12, 4], aarch64: [16, 8] } as const;

/** Every number with a name in capitals; names of our own are no macros of the headers, and are left out by #ifdef. */
async function numbers(folder: URL): Promise<Map<string, bigint>> {
  const found = new Map<string, bigint>();
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) {
      for (const [name, value] of await numbers(new URL(`${entry.name}/`, folder))) found.set(name, value);
    } else if (entry.name.endsWith(".ts") && !entry.name.endsWith("_test.ts")) {
      const text = await Deno.readTextFile(new URL(entry.name, folder));
      const declarations = text.matchAll(/^(?:export )?const ([A-Z][A-Z0-9_]+) = (0x[\da-f_]+|0o[0-7]+|\d[\d_]*)n?;/gm);
      for (const [, name, value] of declarations) {
        found.set(name as string, BigInt((value as string).replaceAll("_", "")));
      }
    }
  }
  return found;
}

/** Names of ours that headers also have, for something else. */
const OURS = new Set(["DATA"]);

for (const arch of ["x86_64", "aarch64"] as const) {
  Deno.test(`${arch}: numbers and layouts are those of the C headers`, async () => {
    const known = [...await numbers(LINUX)].filter(([name]) => !OURS.has(name));
    assert(known.length > 100, `only ${known.length} numbers found`);
    const [size, data] = EPOLL_EVENT[arch];
    const lines = [
      "#define _GNU_SOURCE",
      ...HEADERS.map((header) => `#include <${header}.h>`),
      ...known.flatMap(([name, value]) => [
        `#ifdef ${name}`,
        `_Static_assert((unsigned long long)(${name}) == ${value}ULL, "${name}");`,
        `const char known_${name};`,
        "#endif",
      ]),
      ...[...LAYOUTS, ["sizeof(struct epoll_event)", size], ["offsetof(struct epoll_event, data)", data]].map(
        ([what, bytes]) => `_Static_assert(${what} == ${bytes}, "${what}");`,
      ),
    ];
    const file = await Deno.makeTempFile({ suffix: ".c" });
    try {
      await Deno.writeTextFile(file, lines.join("\n") + "\n");
      const compiler = COMPILERS[arch];
      const checked = await new Deno.Command(compiler, { args: ["-fsyntax-only", file] }).output();
      assertEquals(new TextDecoder().decode(checked.stderr), "");
      const expanded = await new Deno.Command(compiler, { args: ["-E", "-P", file] }).output();
      const macros = new TextDecoder().decode(expanded.stdout).match(/^const char known_/gm) ?? [];
      assert(macros.length >= 60, `the headers know only ${macros.length} of ${known.length} names`);
      console.log(`${arch}: ${macros.length} numbers, ${LAYOUTS.length + 2} layouts`);
    } finally {
      await Deno.remove(file);
    }
  });
}
