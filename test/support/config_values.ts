// Parts of a configuration with nothing but defaults, for tests to change what they are about.
import type { Config, VirtualServer, VrrpInstance } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { assert } from "../assert.ts";

/** The configuration of a text that has to be right. */
export function configOf(text: string, path = "test.conf"): Config {
  const { config, diagnostics } = loadConfig({ path, text, hostName: "director" });
  assert(config !== undefined, diagnostics.map(({ message }) => message).join("; "));
  return config;
}

const EXAMPLE = configOf(`
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    virtual_ipaddress {
        192.0.2.100
    }
}
virtual_server 192.0.2.100 80 {
    lvs_sched rr
    lvs_method NAT
    protocol TCP
    real_server 192.0.2.11 80 {
    }
}
`);

/** An instance with defaults, backup at priority 100 with VRID 51 and 192.0.2.100 on eth0. */
export const INSTANCE = EXAMPLE.vrrpInstances[0] as VrrpInstance;

/** A virtual server with defaults, 192.0.2.100:80 by TCP with one real server that has no checker. */
export const VIRTUAL_SERVER = EXAMPLE.virtualServers[0] as VirtualServer;

/** `global_defs` that say nothing. */
export const USUAL_GLOBALS = EXAMPLE.global;
