// JavaScript, since a worker of vitest loads it before anything else.
import { registerHooks } from 'node:module';

const root = new URL('../', import.meta.url).href;
const ownSpecifier = /^(?:#[a-z]+\/|\.\.?\/.*\.(?:ts|mjs)$)/;
const testFile = /\.test\.ts(?:\?|$)/;
let isOutermost = false;

/** Resolves what files of this repository import of it. */
const ownImports = {
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? '';
    const isOwn =
      ownSpecifier.test(specifier) &&
      parent.startsWith(root) &&
      !parent.includes('/node_modules/');
    if (!isOwn) return next(specifier, context);
    // The hook of vitest, registered before the first test file, sends each import to its main process, which needs them in watch mode.
    if (!isOutermost && testFile.test(parent)) {
      isOutermost = true;
      registerHooks(ownImports);
    }
    const url = specifier.startsWith('#')
      ? `${root}${specifier.slice(1)}`
      : new URL(specifier, parent).href;
    return { url, shortCircuit: true };
  },
};

registerHooks(ownImports);
