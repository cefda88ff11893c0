/**
 * Keeps zod from loading its messages in 60 languages, which take 1.5 MB (`npm run bench -- cpu --part memory`).
 *
 * This module must run before zod loads, so `main.mjs` awaits it.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const isList =
      specifier === '../locales/index.js' &&
      /[/\\]node_modules[/\\]zod[/\\]/.test(context.parentURL ?? '');
    return isList
      ? { url: import.meta.url, shortCircuit: true }
      : next(specifier, context);
  },
});
