import {
  SoundEncoders,
  type SoundFormat,
  soundFormats,
} from '#src/audio/encode/sound-encoders.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { measureRms } from '#src/audio/pcm.ts';
import { toGuildId } from '#src/base/ids.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { RecordingFetcher } from '#src/sources/recordings.ts';
import { sharedDecoding } from '#test/sources/source-sounds.ts';

const signal = new AbortController().signal;
const codec = await loadOpus();
/** 2.345 s of two tones, which end loud. */
const sound = Int16Array.from({ length: 56_280 }, (_, n) =>
  Math.round(6_000 * Math.sin(n / 12) + 3_000 * Math.sin(n / 31)),
);

/** Bytes of the sound, pushed in pieces of odd lengths, and how many of them were there before its end. */
async function encodePieces(encoders: SoundEncoders, format: SoundFormat) {
  const encoder = encoders.open(format);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < sound.length; at += 2_399)
    pieces.push(Uint8Array.from(await encoder.push(sound.subarray(at, at + 2_399))));
  const early = Buffer.concat(pieces).length;
  return { bytes: Buffer.concat([...pieces, await encoder.end()]), early };
}

test.each(soundFormats)(
  '%s is as long and as loud as the sound, and most of it comes before the end',
  async (format) => {
    const encoders = new SoundEncoders(codec);
    const recordings = new RecordingFetcher(sharedDecoding, {
      allowed: new AllowedHosts([]),
    });
    const { bytes, early } = await encodePieces(encoders, format);
    expect(early / bytes.length).toBeGreaterThan(0.85);
    const file = format === 'pcm' ? wavOf(bytes) : bytes;
    const name = `sound.${format}`;
    const heardSound = await recordings.read(
      toGuildId('g'),
      { url: '', name, bytes: file },
      signal,
    );
    const lengthMs = (heardSound.samples.length / 16_000) * 1_000;
    expect(lengthMs).toBeGreaterThan(2_340);
    expect(lengthMs).toBeLessThan(format === 'mp3' ? 2_460 : 2_350); // MP3 fills its frames
    const middle = heardSound.samples.subarray(4_000, 32_000);
    expect(measureRms(middle) / measureRms(sound)).toBeCloseTo(1, 1);
  },
);

function wavOf(bytes: Buffer) {
  const samples = new Int16Array(new Uint8Array(bytes).buffer);
  return writeWav({ samples, rateHz: 24_000, channels: 1 });
}
