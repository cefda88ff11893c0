/** Resolves a package of this folder for programs outside, which cannot find it. */
export function resolveTool(name) {
  return import.meta.resolve(name);
}
