/**
 * Keeps zod from loading its messages in 60 languages, which are not used and take 1.5 MB (`npm run bench --
 * cpu --part memory`). Its English ones it loads by themselves.
 *
 * Works only when it has run before zod loads: main.mjs waits for it. An import beside others would load zod before it runs.
 */
import { registerHooks } from 'node:module';

registerHooks({
  resolve(specifier, context, next) {
    const isList =
      specifier === '../locales/index.js' &&
      /[/\\]node_modules[/\\]zod[/\\]/.test(context.parentURL ?? '');
    return isList ? { url: import.meta.url, shortCircuit: true } : next(specifier, context);
  },
});
