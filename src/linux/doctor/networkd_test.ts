// readNetworkd(): states, files and drop-ins in their order.
import { assertEquals } from "../../../test/assert.ts";
import { readNetworkd } from "./networkd.ts";

Deno.test("readNetworkd() follows the link's file, its drop-ins and networkd.conf's", async () => {
  const root = `${await Deno.makeTempDir()}/`;
  const write = async (path: string, text: string): Promise<void> => {
    await Deno.mkdir(`${root}${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${root}${path}`, text);
  };
  assertEquals(readNetworkd(root), undefined);
  await write("sys/class/net/eth0/ifindex", "2\n");
  await write("sys/class/net/eth1/ifindex", "3\n");
  await write(
    "run/systemd/netif/links/2",
    "ADMIN_STATE=configured\nNETWORK_FILE=/etc/systemd/network/10-lan.network\n",
  );
  await write("run/systemd/netif/links/3", "NETWORK_FILE=/usr/lib/systemd/network/80-ethernet.network\n");
  await write("run/systemd/netif/links/4", "ADMIN_STATE=unmanaged\n");
  await write("etc/systemd/network/10-lan.network", "[Match]\nName=eth0\n[Network]\nKeepConfiguration = static\n");
  const unset = { managesForeignRoutes: true, managesForeignRules: true };
  const lan = { interface: "eth0", file: "/etc/systemd/network/10-lan.network", keepConfiguration: "static" };
  const other = { interface: "eth1", file: "/usr/lib/systemd/network/80-ethernet.network", keepConfiguration: "no" };
  assertEquals(readNetworkd(root), { links: [lan, other], ...unset });

  await write("etc/systemd/network/10-lan.network.d/b.conf", "[Network]\nKeepConfiguration=no\n");
  await write("usr/lib/systemd/network/10-lan.network.d/c.conf", "[Network]\nKeepConfiguration=yes\n");
  await write("run/systemd/network/10-lan.network.d/c.conf", "[Network]\n#KeepConfiguration=dhcp\n");
  await write("usr/lib/systemd/networkd.conf", "[Network]\nManageForeignRoutes=no\n");
  await write("etc/systemd/networkd.conf.d/x.conf", "[Network]\nManageForeignRoutingPolicyRules=no\n");
  assertEquals(readNetworkd(root), {
    links: [{ ...lan, keepConfiguration: "no" }, other],
    managesForeignRoutes: false,
    managesForeignRules: false,
  });
  await Deno.remove(root, { recursive: true });
});
