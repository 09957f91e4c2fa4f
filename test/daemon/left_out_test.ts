// What would do harm without a feature that is missing is not started, and the status says so for as long as it is configured.
import { assert, assertEquals, assertStringIncludes } from "../assert.ts";
import { daemonTest as test } from "../support/daemon_test.ts";

const PLAIN = `vrrp_instance VI_4 {
  interface eth0
  version 3
  virtual_router_id 51
  advert_int 0.1
  virtual_ipaddress {
    10.9.0.100/24
  }
}
`;
const HARMFUL = `vrrp_instance VI_KEY {
  interface eth0
  version 3
  virtual_router_id 52
  auth_hmac {
    key 1 file:/nonexistent/key
    active_key 1
  }
  virtual_ipaddress {
    10.9.0.200/24
  }
}
`;

test("an instance that peers would not believe is left out, with an alarm", "hfleftout", async (lab) => {
  await lab.write(PLAIN + HARMFUL);
  const daemon = lab.start();
  await lab.comes("the other one is master", () => lab.has("10.9.0.100"));
  assertStringIncludes(
    daemon.output,
    "`vrrp_instance VI_KEY` is not started: the file /nonexistent/key of its key cannot be read",
  );
  await lab.comes("the status warns", async () => (await lab.status()).includes("not-started"));
  assertEquals((await lab.instances()).length, 1);
  assert(!await lab.has("10.9.0.200"));
  await lab.write(PLAIN);
  assertEquals((await lab.reload()).code, 0);
  await lab.comes("and no longer", async () => !(await lab.status()).includes("not-started"));
});
