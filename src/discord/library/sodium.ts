import { registerHooks } from 'node:module';

const namesUrl = new URL('./sodium-names.ts', import.meta.url).href;

/**
 * Redirects sodium-native, whose named exports Node does not see, so that
 * @discordjs/voice 0.19.2 throws 'The value of "size" is out of range. Received NaN'
 * for each XChaCha20 packet. This import must stand on line 1 of each file that imports
 * a value of the library.
 */
const hooks = registerHooks({
  resolve(specifier, context, next) {
    const isForVoice = context.parentURL?.includes('/@discordjs/voice/');
    if (specifier !== 'sodium-native' || !isForVoice) return next(specifier, context);
    hooks.deregister(); // the library asks once, and every other module would be asked about
    return { url: namesUrl, shortCircuit: true };
  },
});
