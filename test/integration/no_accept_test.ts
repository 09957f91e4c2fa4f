// Packets to addresses that may not be answered, on the kernel of the VM, which has nftables and IPVS.
import { AddressFilter } from "../../src/linux/address_filter.ts";
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { run, tryRun } from "../support/command.ts";
import { testWith } from "../support/requirements.ts";

const CLIENT = "hfclient";
const [VIP, VIP6, REAL] = ["198.51.100.1", "2001:db8:5::1", "198.51.100.9"];

async function pings(address: string): Promise<boolean> {
  return (await tryRun("ping", "-c", "1", "-W", "1", address)).success;
}

testWith(["root", "program:ip"], "no_accept refuses what the host would answer, and leaves IPVS alone", async () => {
  const filter = new AddressFilter();
  await run("ip", "link", "set", "lo", "up");
  for (const address of [`${VIP}/32`, `${REAL}/32`, `${VIP6}/128`]) {
    await run("ip", "addr", "add", address, "dev", "lo");
  }
  await run("ip", "netns", "add", CLIENT);
  await run("ip", "link", "add", "hfveth", "type", "veth", "peer", "name", "eth0", "netns", CLIENT);
  for (const words of ["addr add 203.0.113.1/24 dev hfveth", "link set hfveth up"]) {
    await run("ip", ...words.split(" "));
  }
  for (const words of ["addr add 203.0.113.2/24 dev eth0", "link set eth0 up", `route add ${VIP}/32 via 203.0.113.1`]) {
    await run("ip", "-n", CLIENT, ...words.split(" "));
  }
  const server = Deno.serve({ hostname: REAL, port: 8080, onListen: () => {} }, () => new Response("served"));
  try {
    await run("ipvsadm", "-A", "-t", `${VIP}:80`, "-s", "rr");
    await run("ipvsadm", "-a", "-t", `${VIP}:80`, "-r", `${REAL}:8080`, "-m");
    const fromOutside = ["ip", "netns", "exec", CLIENT];
    const get = (): Promise<{ output: string }> => tryRun(...fromOutside, "curl", "-s", "-m", "30", `http://${VIP}/`);
    const pinged = async (): Promise<boolean> =>
      (await tryRun(...fromOutside, "ping", "-c", "1", "-W", "1", VIP)).success;
    assert(await pinged());
    assert(await pings(VIP) && await pings(VIP6));
    filter.refuse(VIP);
    filter.refuse(VIP6);
    const rules = await run("nft", "list", "table", "inet", "holdfast");
    for (const part of [VIP, VIP6, "ip daddr @vips4 drop", "ip6 daddr @vips6 drop", "priority 150"]) {
      assertStringIncludes(rules, part);
    }
    assert(!await pings(VIP) && !await pings(VIP6) && await pings(REAL));
    assert(!await pinged());
    const { output } = await get();
    assertEquals(output, "served", (await tryRun("ipvsadm", "-Lnc")).output);
    new AddressFilter().refuse(VIP); // a successor begins with a table that is empty but for its own
    assert(!await pings(VIP) && await pings(VIP6));
    filter.accept(VIP);
    filter.accept(VIP);
    assert(await pings(VIP));
    filter.close();
    assertEquals((await run("nft", "list", "tables")).trim(), "");
  } finally {
    await server.shutdown();
    filter.close();
    await tryRun("ipvsadm", "-D", "-t", `${VIP}:80`);
    for (const address of [`${VIP}/32`, `${REAL}/32`, `${VIP6}/128`]) {
      await tryRun("ip", "addr", "del", address, "dev", "lo");
    }
  }
});
