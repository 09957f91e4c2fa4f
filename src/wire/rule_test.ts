// The bytes are those that `ip rule` of iproute2 6.1 sends for the same words, as strace shows them.
import { assert, assertEquals } from "../../test/assert.ts";
import { netlinkMessages, NetlinkWriter } from "./netlink.ts";
import {
  readOwnRule,
  RULE_ACTIONS,
  ruleIdentityOf,
  ruleKey,
  type RuleRequest,
  writeAddRule,
  writeRemoveRule,
} from "./rule.ts";

const PLAIN: RuleRequest = {
  family: 4,
  action: RULE_ACTIONS.table,
  preference: 1002,
  not: false,
  table: 100,
  tos: 0,
  l3mdev: false,
  protocol: 18,
};

Deno.test("writeAddRule() writes selectors and action", () => {
  // ip rule add not from 10.9.0.100 to 198.51.100.0/24 table 6909 preference 1002 fwmark 0x1/0xff ipproto tcp sport 100-200
  // uidrange 10-20 protocol 18
  const rule: RuleRequest = {
    ...PLAIN,
    not: true,
    from: { address: "10.9.0.100", prefixLength: 32 },
    to: { address: "198.51.100.0", prefixLength: 24 },
    table: 6909,
    mark: 1,
    markMask: 0xff,
    ipProtocol: 6,
    sourcePorts: [100, 200],
    uids: [10, 20],
  };
  const writer = new NetlinkWriter();
  writeAddRule(writer, rule, 1);
  const bytes = [...writer.bytes.subarray(0, writer.length)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const expected =
    `70000000 20000506 01000000 00000000 02182000 00000001 02000000 08000200 0a090064 08000100 c6336400 08000f00
    fd1a0000 08000600 ea030000 08000a00 01000000 08001000 ff000000 05001600 06000000 08001700 6400c800 0c001400 0a000000
    14000000 05001500 12000000`;
  assertEquals(bytes, expected.replaceAll(/\s/g, ""));
  writeRemoveRule(writer.reset(), rule, 1);
  assertEquals([...writer.bytes.subarray(4, 8)], [33, 0, 5, 0]);
});

Deno.test("readOwnRule() finds in the kernel's words what was asked for, and nothing of other protocols", () => {
  const rules: RuleRequest[] = [
    PLAIN,
    {
      ...PLAIN,
      from: { address: "192.0.2.0", prefixLength: 24 },
      not: true,
      tos: 4,
      iif: "eth0",
      oif: "eth1",
      mark: 7,
    },
    { ...PLAIN, family: 6, to: { address: "2001:db8::", prefixLength: 32 }, table: 6909 },
    { ...PLAIN, action: RULE_ACTIONS.goto, table: 0, goto: 2000, from: { address: "0.0.0.0", prefixLength: 0 } },
    { ...PLAIN, table: 0, l3mdev: true, suppressPrefixLength: 0, suppressGroup: 5, tunnelId: 99, realms: 3 },
  ];
  for (const rule of rules) {
    const read = (asked: RuleRequest): ReturnType<typeof readOwnRule> => {
      const writer = new NetlinkWriter();
      writeAddRule(writer, asked, 1);
      const [message] = [...netlinkMessages(writer.bytes.subarray(0, writer.length))];
      assert(message !== undefined);
      return readOwnRule(message);
    };
    const found = read(rule);
    assert(found !== undefined);
    assertEquals(ruleKey(found), ruleKey(ruleIdentityOf(rule)));
    assertEquals(read({ ...rule, protocol: 0 }), undefined);
  }
  assertEquals(readOwnRule({ type: 32, flags: 0, sequence: 0, body: new DataView(new ArrayBuffer(4)) }), undefined);
});
