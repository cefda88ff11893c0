import { realClock } from '#src/base/clock.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import {
  cutInPieces,
  decodeSound,
  openDecoding,
  soundFiles,
} from '#test/sources/source-sounds.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const notAudio = { code: 'source.not_audio', retryable: false };

test.each([
  ['nothing at all', ''],
  ['text', 'Two nine three four zero, said a man, and then he went home.'],
  ['a web page', '<!doctype html><title>Sign in</title><p>You are not signed in here.'],
  ['FLAC', `fLaC${'\0'.repeat(80)}`],
  ['Ogg Vorbis', `OggS${'\0'.repeat(24)}\x01vorbis${'\0'.repeat(80)}`],
  ['a film', `\0\0\0\x20ftypmp42${'\0'.repeat(80)}`],
  ['AAC', `\xff\xf1\x50\x80${'\0'.repeat(80)}`],
  ['a WAV file without sound', soundFiles.wav.toString('latin1', 0, 44)],
  ['the head of an Ogg file', soundFiles.ogg.toString('latin1', 0, 80)],
  ['an MP3 tag and nothing behind it', 'ID3\x04\0\0\0\0\0\0'],
])('%s is refused as no sound', async (_, text) => {
  const bytes = cutInPieces(Buffer.from(text, 'latin1'), 4096);
  await expect(decodeSound(decoding, bytes)).rejects.toMatchObject(notAudio);
});

// Proves: A file that breaks its decoder takes nothing else along by real
test('a decoder that eats all memory, throws, or dies of a fatal error takes only its file along', async () => {
  const entry = new URL('./obedient-decoder.ts', import.meta.url);
  await using greedy = new Decoding({ clock: realClock, entry, stepMs: 20_000 });
  for (const word of ['heap', 'oops', 'abort']) {
    const fate = decodeSound(greedy, cutInPieces(Buffer.from(word), 5));
    await expect(fate, word).rejects.toMatchObject(notAudio);
  }
  expect(
    (await decodeSound(greedy, cutInPieces(Buffer.from('fine'), 4))).samples,
  ).toHaveLength(2);
});

test('aborting ends a decoding at once with the reason of whoever aborted', async () => {
  const left = new AbortController();
  const reason = new Error('left');
  const reading = decoding.decodeSound(
    cutInPieces(soundFiles.wav, 1000),
    { rateHz: 16_000, channels: 1 },
    left.signal,
  );
  await reading.next();
  left.abort(reason);
  await expect(reading.next()).rejects.toBe(reason);
});
