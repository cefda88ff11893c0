import { registerHooks } from 'node:module';

const namesUrl = new URL('./sodium-names.ts', import.meta.url).href;

/**
 * Lets @discordjs/voice 0.19.2 read the constants of sodium-native, which Node does not see as named exports of a CommonJS module:
 * without them each XChaCha20 packet throws 'The value of "size" is out of range. Received NaN'.
 *
 * It must run before the library loads, so each file that imports a value of the library has this import on line 1.
 */
registerHooks({
  resolve(specifier, context, next) {
    const isForVoice = context.parentURL?.includes('/@discordjs/voice/');
    if (specifier !== 'sodium-native' || !isForVoice) return next(specifier, context);
    return { url: namesUrl, shortCircuit: true };
  },
});
