// The configuration that runs as text for others to read: what counts anyway is not said, secrets never.
import type { Config, VrrpInstance } from "./config.ts";
import { writeKeepalived } from "./keepalived_writer.ts";
import { ownWordsIn } from "./own_words.ts";
import { printConfig } from "./print_config.ts";
import { REDACTED } from "./secrets.ts";
import { writeYaml } from "./yaml_writer.ts";

/** A configuration as text. */
export interface ConfigText {
  readonly syntax: "keepalived" | "yaml";
  readonly text: string;
}

/** The configuration without its secrets: passwords, keys' secrets, and the passphrase of the TLS key. */
export function withoutSecrets(config: Config): Config {
  const { ssl } = config;
  return {
    ...config,
    vrrpInstances: config.vrrpInstances.map(instanceWithoutSecrets),
    ...(ssl === undefined ? {} : { ssl: ssl.password === undefined ? ssl : { ...ssl, password: REDACTED } }),
  };
}

function instanceWithoutSecrets(instance: VrrpInstance): VrrpInstance {
  const { authentication, hmac } = instance;
  return {
    ...instance,
    ...(authentication && { authentication: { ...authentication, password: REDACTED } }),
    ...(hmac && { hmac: { ...hmac, keys: hmac.keys.map((key) => ({ ...key, secret: REDACTED })) } }),
  };
}

/** In keepalived's syntax, or in YAML where that has no way to say it. Secrets are left out. */
export function redactedText(config: Config): ConfigText {
  const statements = printConfig(withoutSecrets(config));
  if (ownWordsIn(config).length > 0) return { syntax: "yaml", text: writeYaml(statements, {}) };
  try {
    return { syntax: "keepalived", text: writeKeepalived(statements) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { syntax: "yaml", text: writeYaml(statements, {}) };
  }
}
