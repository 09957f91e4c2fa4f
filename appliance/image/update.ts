// Makes and signs an update of the appliance (src/appliance/update_file.ts says what it consists of).
//
//   update.ts new-key KEY                                  a private key, PKCS #8 in base64, for its owner's eyes only
//   update.ts public-key KEY                               its line for update_keys
//   update.ts make KEY VERSION BOOT_IMAGE ROOT_IMAGE FILE  the update
const [command, keyPath = "", version = "", bootPath = "", rootPath = "", path = ""] = Deno.args;

switch (command) {
  case "new-key": {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]) as CryptoKeyPair;
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    await Deno.writeTextFile(keyPath, `${pkcs8.toBase64()}\n`, { mode: 0o600, createNew: true });
    break;
  }
  case "public-key": {
    const { x = "" } = await crypto.subtle.exportKey("jwk", await privateKey());
    console.log(`${Uint8Array.fromBase64(x, { alphabet: "base64url" }).toBase64()} holdfast-update-key`);
    break;
  }
  case "make": {
    const [boot, root] = [await imageOf(bootPath), await imageOf(rootPath)];
    const created = Number(Deno.env.get("SOURCE_DATE_EPOCH") ?? 0);
    const manifest = { "holdfast-update": 1, version, architecture: "amd64", created, boot, root };
    const line = JSON.stringify(manifest);
    const signature = await crypto.subtle.sign("Ed25519", await privateKey(), new TextEncoder().encode(line));
    await Deno.writeTextFile(path, `${line}\n${new Uint8Array(signature).toBase64()}\n`);
    for (const image of [bootPath, rootPath]) await Deno.writeFile(path, await Deno.readFile(image), { append: true });
    break;
  }
  default:
    console.error("usage: update.ts new-key | public-key | make ...");
    Deno.exit(2);
}

async function privateKey(): Promise<CryptoKey> {
  const pkcs8 = Uint8Array.fromBase64((await Deno.readTextFile(keyPath)).trim());
  return await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
}

async function imageOf(file: string): Promise<{ bytes: number; sha256: string }> {
  const bytes = await Deno.readFile(file);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return { bytes: bytes.length, sha256: digest.toHex() };
}
