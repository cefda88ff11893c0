// Loaded into the bot by --import: tells how many files its main thread has loaded when asked.
import { registerHooks } from 'node:module';

const files = new Set();
registerHooks({
  resolve(name, context, next) {
    const found = next(name, context);
    if (found.url.startsWith('file:')) files.add(found.url);
    return found;
  },
});
process.on('message', () => process.send?.(files.size));
process.channel?.unref();
