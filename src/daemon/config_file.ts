// Puts a configuration into its file: the old one or the new one is there at any time, whatever happens meanwhile.

/** A text that is on the disk beside its file, and takes its place with `commit`. */
export interface PreparedFile {
  /** @throws Deno's errors */
  readonly commit: () => void;
  /** Takes it away again. */
  readonly abort: () => void;
}

/**
 * Writes a text beside the file, with its mode and owner.
 *
 * @param path a link is followed: what it leads to is replaced
 * @throws Error when it cannot be
 */
export function prepareFile(path: string, text: string): PreparedFile {
  const target = Deno.realPathSync(path);
  const { isFile, mode, uid, gid } = Deno.statSync(target);
  if (!isFile) throw new Error(`${path} is no regular file`);
  const beside = `${target}.new-${Deno.pid}`;
  const abort = (): void => {
    try {
      Deno.removeSync(beside);
    } catch {
      // it is not there any more
    }
  };
  abort(); // of an attempt that did not come to its end
  // For nobody's eyes until it has its owner: there are passwords in it.
  const file = Deno.openSync(beside, { write: true, createNew: true, mode: 0o600 });
  try {
    const bytes = new TextEncoder().encode(text);
    for (let sent = 0; sent < bytes.length;) sent += file.writeSync(bytes.subarray(sent));
    if (uid !== Deno.uid() || gid !== Deno.gid()) Deno.chownSync(beside, uid, gid);
    if (mode !== null) Deno.chmodSync(beside, mode & 0o777);
    file.syncSync();
  } catch (error) {
    abort();
    throw error;
  } finally {
    file.close();
  }
  return { commit: () => Deno.renameSync(beside, target), abort };
}
