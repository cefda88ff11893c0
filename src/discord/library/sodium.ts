/**
 * Lets @discordjs/voice read sodium-native's constants, which Node does not see as named exports.
 *
 * Works only when it runs before the library loads: `import './sodium.ts';` is line 1 of every file
 * that imports a value of '@discordjs/voice'.
 */
import { registerHooks } from 'node:module';

const names = new URL('./sodium-names.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, next) {
    const ours = specifier === 'sodium-native' && context.parentURL?.includes('/@discordjs/voice/');
    return ours ? { url: names, shortCircuit: true } : next(specifier, context);
  },
});

/** Name of the package that serves XChaCha20-Poly1305: sodium-native stands first in the library's list, where its binary loads. */
export async function servingCipher(): Promise<string> {
  try {
    await import('./sodium-names.ts');
    return 'sodium-native';
  } catch {
    return '@noble/ciphers';
  }
}
