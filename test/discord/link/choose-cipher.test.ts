import { setImmediate as settle } from 'node:timers/promises';
import { chooseCipher } from '#src/discord/link/cipher/choose-cipher.ts';
import { proveCiphers } from '#src/discord/link/voice-library.ts';
import { openFileLogin } from '#test/discord/setup/sandbox-login.ts';
import { withPackage } from '#test/fakes/optional-packages.ts';

const [aes, xchacha] = [
  'aead_aes256_gcm_rtpsize',
  'aead_xchacha20_poly1305_rtpsize',
] as const;
const clock = { sleep: () => settle(), nowMs: () => performance.now() };
const { signal } = new AbortController();

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
