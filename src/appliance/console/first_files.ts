// The files that the answers of the first start become, by their names on HOLDFAST.
import { endpointOf, type FirstAnswers, hostOf } from "./first_questions.ts";
import { fileNameOf, networkFile } from "./network_settings.ts";

/** Text by name. */
export type FirstFiles = Readonly<Record<string, string>>;

/** All of them; the configuration is `keepalived.conf`. */
export function firstFiles(answers: FirstAnswers): FirstFiles {
  const { hostname = "", management = "", managementAddress = "dhcp", gateway = "", dns = "" } = answers;
  const { address, sshKey = "" } = answers;
  const card = answers.interface ?? "";
  const cards = [
    { card: management, address: managementAddress, gateway, dns },
    ...(address === undefined || card === management ? [] : [{ card, address, gateway: "", dns: "" }]),
  ];
  return {
    "keepalived.conf": keepalivedConf(answers),
    hostname: `${hostname}\n`,
    ...Object.fromEntries(cards.map((settings) => [`network/${fileNameOf(settings)}`, networkFile(settings)])),
    management: `${management}\n`,
    ...(sshKey === "" ? {} : { authorized_keys: `${sshKey}\n` }),
  };
}

function keepalivedConf(
  { interface: card, routerId, priority, vip = "", peer = "", port = "", servers = "" }: FirstAnswers,
): string {
  return [
    "# Written by the console on the first start.",
    "vrrp_instance VI_1 {",
    `    interface ${card}`,
    `    virtual_router_id ${routerId}`,
    `    priority ${priority}`,
    ...(peer === "" ? [] : ["    unicast_peer {", `        ${peer}`, "    }"]),
    "    virtual_ipaddress {",
    `        ${vip}`,
    "    }",
    "}",
    ...(port === "" ? [] : virtualServer(hostOf(vip), port, servers)),
    "",
  ].join("\n");
}

/** By NAT, which needs nothing of the real servers but that their answers come back here. */
function virtualServer(address: string, port: string, servers: string): string[] {
  return [
    "",
    `virtual_server ${address} ${port} {`,
    "    delay_loop 5",
    "    lb_algo wlc",
    "    lb_kind NAT",
    "    protocol TCP",
    ...servers.split(" ").flatMap((text) => {
      const endpoint = endpointOf(text, port);
      return endpoint === undefined ? [] : [
        "",
        `    real_server ${endpoint.address} ${endpoint.port} {`,
        "        TCP_CHECK {",
        "            connect_timeout 3",
        "        }",
        "    }",
      ];
    }),
    "}",
  ];
}
