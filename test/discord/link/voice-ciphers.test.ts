import { execFile } from 'node:child_process';
import { setImmediate as settle } from 'node:timers/promises';
import { promisify } from 'node:util';
import { VoiceReceiver } from '@discordjs/voice';
import { makeVoiceCipher } from '#sandbox/voice/rtp-packet.ts';
import { chooseCipher } from '#src/discord/link/cipher/choose-cipher.ts';
import {
  createEmptyNonce,
  proveCiphers,
  sealPacket,
} from '#src/discord/link/voice-library.ts';
import { openFileLogin } from '#test/discord/setup/sandbox-login.ts';
import { withPackage } from '#test/fakes/optional-packages.ts';

const mode = 'aead_xchacha20_poly1305_rtpsize';
const { signal } = new AbortController();

// Proves: Packets are sealed and opened by both of Discord's ciphers by real
test('both ciphers of voice decrypt their own packets', async () =>
  expect(await proveCiphers(clock, signal)).toMatch(
    /^(sodium-native|@noble\/ciphers)$/,
  ));

test('ciphers that open another packet than they sealed are not proven', async () => {
  const receiver = VoiceReceiver.prototype as unknown as { decrypt(): Buffer };
  vi.spyOn(receiver, 'decrypt').mockReturnValue(Buffer.from('other words'));
  await expect(proveCiphers(clock, signal)).rejects.toThrow(/opens another packet/);
});

test("a packet that the voice library seals with XChaCha20 is opened by another library's cipher", async () => {
  await proveCiphers(clock, signal);
  const [opus, key] = [Buffer.from('twenty milliseconds'), Buffer.alloc(32, 7)];
  const datagram = sealPacket(mode, opus, key, 9, 3);
  const [head, sealed] = [datagram.subarray(0, 12), datagram.subarray(12, -4)];
  const counter = datagram.readUInt32BE(datagram.length - 4);
  expect(makeVoiceCipher(mode, key).open(head, sealed, counter)).toEqual(opus);
  sealed.writeUInt8(sealed.readUInt8(0) ^ 1, 0);
  expect(makeVoiceCipher(mode, key).open(head, sealed, counter)).toBeUndefined();
  expect(createEmptyNonce(mode)).toHaveLength(24);
});

/** Proves the ciphers in a process of its own. Returns the serving package, and the cipher packages that were loaded. */
async function proveElsewhere(isInstalled: boolean): Promise<readonly string[]> {
  const program = `
    import { registerHooks } from 'node:module';
    import { setTimeout as sleep } from 'node:timers/promises';
    const loaded = [];
    registerHooks({
      resolve(specifier, context, next) {
        if (!/^(sodium-native|@noble)/.test(specifier)) return next(specifier, context);
        if (specifier === 'sodium-native' && ${!isInstalled}) throw new Error('not installed');
        loaded.push(specifier);
        return next(specifier, context);
      },
    });
    const { proveCiphers } = await import('#src/discord/link/voice-library.ts');
    const name = await proveCiphers({ sleep }, new AbortController().signal);
    console.log(JSON.stringify([name, ...new Set(loaded)]));
  `;
  const args = ['--input-type=module', '--eval', program];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

withPackage('sodium-native', () => {
  test('where it is installed it seals and opens XChaCha20', async () =>
    expect(await proveElsewhere(true)).toEqual(['sodium-native', 'sodium-native']));
});

test('without sodium-native another package seals and opens XChaCha20', async () =>
  expect(await proveElsewhere(false)).toEqual([
    '@noble/ciphers',
    '@noble/ciphers/chacha.js',
  ]));

const [aes, xchacha] = [
  'aead_aes256_gcm_rtpsize',
  'aead_xchacha20_poly1305_rtpsize',
] as const;
const clock = { sleep: () => settle(), nowMs: () => performance.now() };

withPackage('sodium-native', () => {
  test.each([
    ['twice as slow as', 2, xchacha],
    ['about as fast as', 1.1, aes],
    ['much faster than', 0.2, aes],
  ])(
    'where AES is %s XChaCha20, the faster one is asked for',
    async (_, aesMs, best) => {
      const measureCipher = (mode: string) => (mode === aes ? aesMs : 1);
      expect(await chooseCipher('auto', clock, signal, measureCipher)).toBe(best);
    },
  );

  test('both ciphers are really measured, and one of them is asked for', async () => {
    expect([aes, xchacha]).toContain(await chooseCipher('auto', clock, signal));
  });
});

test('the setting is asked for whatever is faster', async () => {
  const failToMeasure = () => {
    throw new Error('nothing is to be measured');
  };
  const chooseWanted = (wanted: 'aes256-gcm' | 'xchacha20-poly1305') =>
    chooseCipher(wanted, clock, signal, failToMeasure);
  expect(await chooseWanted('aes256-gcm')).toBe(aes);
  expect(await chooseWanted('xchacha20-poly1305')).toBe(xchacha);
});

const login = openFileLogin(1);

test.each([aes, xchacha])(
  'a call is sealed and opened by %s where the voice server offers both',
  async (cipher) => {
    await proveCiphers(clock, signal);
    const opener = login().linkOpener(undefined, undefined, cipher);
    const link = await opener.openLink(login().lobby, () => true, signal);
    expect(`${link.getState().cipher}`).toBe(cipher);
    await opener[Symbol.asyncDispose]();
  },
);
