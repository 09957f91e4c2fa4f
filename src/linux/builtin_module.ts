// Modules of the runtime that are loaded when they are needed, synchronously: an import would cost every role their memory.

/** A module such as `node:crypto`, taken to be of the given type. */
export function builtinModule<Module>(name: string): Module {
  const { process } = globalThis as unknown as { process: { getBuiltinModule(name: string): Module } };
  return process.getBuiltinModule(name);
}
