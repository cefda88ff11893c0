import { afterAll, expect, test } from 'vitest';
import { similarity } from '#src/audio/echo/similarity.ts';
import { OggPages, writePages } from '#src/audio/ogg-page.ts';
import { durationMs } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { writeWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { digits, files, inPieces, openDecoding, soundOf } from '#test/sources/sounds.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const notAudio = { code: 'source.not_audio', retryable: false };

test.each([
  ['wav', 997],
  ['wav', 65_536],
  ['mp3', 17],
  ['mp3', 65_536],
  ['ogg', 17],
  ['ogg', 65_536],
] as const)(
  'a %s file in pieces of %i bytes gives the sound it was made of',
  async (name, length) => {
    const sound = await soundOf(decoding, inPieces(files[name], length));
    expect(similarity(sound, digits)).toBeGreaterThan(0.9);
    expect(Math.abs(durationMs(sound) - durationMs(digits))).toBeLessThan(120);
  },
);

test('studio sound, stereo at 48 kHz, is made mono for whoever listens', async () => {
  const { samples } = resample(digits, 48_000);
  const stereo = Int16Array.from({ length: 2 * samples.length }, (_, n) => samples[n >> 1] ?? 0);
  const wav = writeWav({ samples: stereo, rateHz: 48_000, channels: 2 });
  expect(similarity(await soundOf(decoding, inPieces(wav, 4096)), digits)).toBeGreaterThan(0.95);
});

test('a WAV file for sizes that do not fit, RF64, is read to its end', async () => {
  const wav = Buffer.from(files.wav);
  wav.write('RF64', 'latin1');
  wav.writeUInt32LE(0xffffffff, 40);
  expect(similarity(await soundOf(decoding, inPieces(wav, 4096)), digits)).toBeGreaterThan(0.99);
});

test('a tag of any size before an MP3 is passed over', async () => {
  const head = Buffer.from('ID3\x04\x00\x00\x00\x20\x00\x00', 'latin1'); // 2^19 bytes
  const tagged = Buffer.concat([head, Buffer.alloc(2 ** 19, 0xff), files.mp3]);
  expect(similarity(await soundOf(decoding, inPieces(tagged, 5000)), digits)).toBeGreaterThan(0.9);
});

test('a cover of any size in an Ogg file is passed over', async () => {
  const [first, comment] = new OggPages().push(files.ogg);
  if (!first || !comment) throw new Error('The file has two headers.');
  const cover = Buffer.concat([Buffer.from('OpusTags'), Buffer.alloc(500_000, 1)]);
  const sounding = files.ogg.subarray(first.bytes.length + comment.bytes.length);
  const pages = writePages([cover], { serial: first.serial });
  const dressed = Buffer.concat([first.bytes, pages, sounding]);
  for (const piece of [1000, 100_000]) {
    const sound = await soundOf(decoding, inPieces(dressed, piece));
    expect(similarity(sound, digits)).toBeGreaterThan(0.9);
  }
});

test.each(['wav', 'mp3', 'ogg'] as const)(
  'a %s file that was cut short gives what is there',
  async (name) => {
    const half = files[name].subarray(0, files[name].length / 2);
    const tookMs = durationMs(await soundOf(decoding, inPieces(half, 4096)));
    expect(tookMs).toBeGreaterThan(500);
    expect(tookMs).toBeLessThan(0.8 * durationMs(digits));
  },
);

test.each([
  ['nothing at all', ''],
  ['text', 'Two nine three four zero, said a man, and then he went home.'],
  ['a web page', '<!doctype html><title>Sign in</title><p>You are not signed in here.'],
  ['FLAC', `fLaC${'\0'.repeat(80)}`],
  ['Ogg Vorbis', `OggS${'\0'.repeat(24)}\x01vorbis${'\0'.repeat(80)}`],
  ['a film', `\0\0\0\x20ftypmp42${'\0'.repeat(80)}`],
  ['AAC', `\xff\xf1\x50\x80${'\0'.repeat(80)}`],
  ['a WAV file without sound', files.wav.toString('latin1', 0, 44)],
  ['the head of an Ogg file', files.ogg.toString('latin1', 0, 80)],
  ['an MP3 tag and nothing behind it', 'ID3\x04\0\0\0\0\0\0'],
])('%s is refused as no sound', async (_, text) => {
  const bytes = inPieces(Buffer.from(text, 'latin1'), 4096);
  await expect(soundOf(decoding, bytes)).rejects.toMatchObject(notAudio);
});

test('noise that begins like an MP3 is refused, not played', async () => {
  const noise = Buffer.concat([
    files.mp3.subarray(0, 600),
    Buffer.from(Array.from({ length: 300_000 }, (_, n) => (n * 7919 + (n >> 3) * 104_729) & 255)),
  ]);
  await expect(soundOf(decoding, inPieces(noise, 4096))).rejects.toMatchObject(notAudio);
});

test('what breaks while it arrives is told as it broke', async () => {
  const broken = new Error('cut');
  const bytes = async function* () {
    yield files.mp3.subarray(0, 5000);
    throw broken;
  };
  await expect(soundOf(decoding, bytes())).rejects.toBe(broken);
});

test('a file whose reader stops is read no further', async () => {
  let [read, closed] = [0, false];
  const bytes = async function* () {
    try {
      for (const piece of Array(100).fill(files.wav.subarray(0, 8192))) {
        read++;
        yield piece;
      }
    } finally {
      closed = true;
    }
  };
  for await (const _ of decoding.decode(bytes(), 16_000, new AbortController().signal)) break;
  expect([read, closed]).toEqual([1, true]);
});

test('two files are decoded side by side, and one that is damaged does not touch the other', async () => {
  const damaged = Buffer.concat([files.ogg.subarray(0, 3000), Buffer.alloc(90_000, 1)]);
  const [good, bad] = await Promise.allSettled([
    soundOf(decoding, inPieces(files.mp3, 500)),
    soundOf(decoding, inPieces(damaged, 500)),
  ]);
  expect(bad).toMatchObject({ status: 'rejected', reason: notAudio });
  expect(good.status === 'fulfilled' && similarity(good.value, digits)).toBeGreaterThan(0.9);
});

test('a decoder that hangs is killed, and the next file gets another', async () => {
  const entry = new URL('./obedient-decoder.ts', import.meta.url);
  await using hanging = new Decoding({ clock: realClock, entry, stepMs: 300 });
  const hang = soundOf(hanging, inPieces(Buffer.from('hang'), 4));
  await expect(hang).rejects.toMatchObject(notAudio);
  const sound = await soundOf(hanging, inPieces(Buffer.from('fine'), 4));
  expect(sound.samples.length).toBeGreaterThan(0);
});

test('a decoder that eats all memory, throws, or dies of a fatal error takes only its file along', async () => {
  const entry = new URL('./obedient-decoder.ts', import.meta.url);
  await using greedy = new Decoding({ clock: realClock, entry, stepMs: 20_000 });
  for (const word of ['heap', 'oops', 'abort']) {
    const fate = soundOf(greedy, inPieces(Buffer.from(word), 5));
    await expect(fate, word).rejects.toMatchObject(notAudio);
  }
  expect((await soundOf(greedy, inPieces(Buffer.from('fine'), 4))).samples).toHaveLength(2);
});

test('aborting ends a decoding at once with the reason of whoever aborted', async () => {
  const left = new AbortController();
  const reason = new Error('left');
  const reading = decoding.decode(inPieces(files.wav, 1000), 16_000, left.signal);
  await reading.next();
  left.abort(reason);
  await expect(reading.next()).rejects.toBe(reason);
});
