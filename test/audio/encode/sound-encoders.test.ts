import { expect, test } from 'vitest';
import { EncoderThread } from '#src/audio/encode/encoder-thread.ts';
import { type SoundFormat, soundFormats } from '#src/audio/encode/sound-encoder.ts';
import { SoundEncoders } from '#src/audio/encode/sound-encoders.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { rms } from '#src/audio/pcm.ts';
import { writeWav } from '#src/audio/wav.ts';
import { realClock } from '#src/base/clock.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { Recordings } from '#src/sources/recordings.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { sharedDecoding } from '#test/sources/sounds.ts';

const signal = new AbortController().signal;
const codec = await loadOpus();
/** 2.345 s of two tones, which end loud. */
const sound = Int16Array.from({ length: 56_280 }, (_, n) =>
  Math.round(6_000 * Math.sin(n / 12) + 3_000 * Math.sin(n / 31)),
);

/** Bytes of the sound, pushed in pieces of odd lengths, and how many of them were there before its end. */
async function encoded(encoders: SoundEncoders, format: SoundFormat, samples = sound) {
  using encoder = encoders.open(format);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < samples.length; at += 2_399)
    pieces.push(Uint8Array.from(await encoder.push(samples.subarray(at, at + 2_399))));
  const early = Buffer.concat(pieces).length;
  const bytes = Buffer.concat([...pieces, await encoder.end()]);
  return { bytes, early };
}

test.each(soundFormats)(
  '%s is as long and as loud as the sound, and most of it comes before the end',
  async (format) => {
    await using encoders = new SoundEncoders(codec, realClock);
    const recordings = new Recordings(sharedDecoding, { allowed: new AllowedHosts([]) });
    const { bytes, early } = await encoded(encoders, format);
    expect(early / bytes.length).toBeGreaterThan(0.85);
    const file = format === 'pcm' ? wavOf(bytes) : bytes;
    const name = `sound.${format}`;
    const heard = await recordings.read({ url: '', name, bytes: file, personId: 'p' }, signal);
    const lengthMs = (heard.samples.length / 16_000) * 1_000;
    expect(lengthMs).toBeGreaterThan(2_340);
    expect(lengthMs).toBeLessThan(format === 'mp3' ? 2_460 : 2_350); // MP3 fills its frames
    const middle = heard.samples.subarray(4_000, 32_000);
    expect(rms(middle) / rms(sound)).toBeCloseTo(1, 1);
  },
);

function wavOf(bytes: Buffer): Buffer {
  const samples = new Int16Array(new Uint8Array(bytes).buffer);
  return writeWav({ samples, rateHz: 24_000, channels: 1 });
}

test('what waits for a thread that ends, or answers too late, is told so', async () => {
  const clock = new VirtualClock();
  const ended = new EncoderThread(clock);
  const waiting = ended.open('mp3').push(sound);
  const reported = expect(waiting).rejects.toMatchObject({ code: 'audio.encoder_failed' });
  await ended.stop();
  await reported;
  await expect(ended.open('mp3').push(sound)).rejects.toMatchObject({
    message: 'The thread that encodes sound failed: it has ended.',
  });
  const slow = new EncoderThread(clock);
  const late = slow.open('flac').push(sound);
  const refused = expect(late).rejects.toMatchObject({
    message: 'The thread that encodes sound failed: it was too slow.',
  });
  await clock.advance(10_001);
  await refused;
  expect(slow.isAlive).toBe(false);
});
