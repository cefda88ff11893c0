import type { Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { Mixer, type Track } from '#src/playback/mix/mixer.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { speechOnlyTracks } from '#test/playback/virtual-listener.ts';
import { Band, bandRateHz, codec, makeTone } from './band.ts';

/** Who made a packet, as its first byte and its owner tell. */
type SentPacket = { readonly opus: Buffer; readonly isStereo: boolean };

/** A hum as the voice of the bot, on and off, or speech. */
class Hum implements Track {
  isOn = false;
  /** At 24 kHz; in place of the hum. */
  speech: Int16Array | undefined;
  #at = 0;

  pullBlock() {
    if (!this.isOn) return undefined;
    const at = this.#at;
    this.#at += 480;
    const { speech } = this;
    const samples = Int16Array.from({ length: 480 }, (_, n) => {
      if (speech) return speech[at + n] ?? 0;
      return 5000 * Math.sin((2 * Math.PI * 200 * (at + n)) / 24_000);
    });
    return { samples, onSent: () => undefined };
  }

  onSound() {
    // it is asked every 20 ms
  }
}

/** A link with one listener: five silence frames and then nothing where nothing is sent, as Discord has it. */
class Outlet {
  readonly hum = new Hum();
  readonly mixer: Mixer;
  readonly sent: (SentPacket | undefined)[] = [];
  readonly left: Int16Array[] = [];
  readonly #band;
  readonly #decoder = codec.createDecoder(48_000, 2);
  readonly #heard: Int16Array[] = [];
  #owed = 0;

  constructor(band: Band) {
    this.#band = band;
    const tracks = { ...speechOnlyTracks, voice: this.hum, music: band.tracks };
    this.mixer = new Mixer(tracks, codec, (samples) => this.left.push(samples));
  }

  async run(ms: number) {
    for (let n = 0; n < ms / 20; n++) {
      await this.#band.clock.advance(20);
      this.#step();
    }
  }

  /** One channel of all that people heard. */
  heard() {
    const all = new Int16Array(this.#heard.length * 960);
    this.#heard.forEach((frame, at) => {
      for (let n = 0; n < 960; n++) all[at * 960 + n] = frame[2 * n] ?? 0;
    });
    return all;
  }

  #step() {
    const frame = this.mixer.pullFrame();
    this.sent.push(frame && { opus: frame, isStereo: ((frame[0] ?? 0) & 4) !== 0 });
    if (frame) {
      this.#owed = 5;
      this.mixer.markSent(frame, this.#band.clock.nowMs());
    }
    const opus = frame ?? Buffer.of(0xf8, 0xff, 0xfe);
    const isSilent = !frame && this.#owed-- <= 0;
    this.#heard.push(
      isSilent ? new Int16Array(1920) : this.#decoder.decode(opus).slice(),
    );
  }
}

/** Level of the left channel in each 5 ms, as the peak of a tone of that power. */
function measureLoudness(sound: Int16Array) {
  const window = 240;
  return Array.from({ length: Math.floor(sound.length / window) }, (_, at) => {
    const piece = sound.subarray(at * window, (at + 1) * window);
    return Math.sqrt(
      (2 * piece.reduce((sum, sample) => sum + sample * sample, 0)) / window,
    );
  });
}

function openTracks() {
  const band = new Band();
  return { band, outlet: new Outlet(band) };
}

function pcmOf(samples: Int16Array): Pcm {
  return { samples, rateHz: 24_000, channels: 1 };
}

function makeMusic(ms: number, peak: number) {
  const samples = makeTone(ms, { hz: 600, peak });
  return makeSourceFromPcm('music', { samples, rateHz: bandRateHz, channels: 2 });
}

test('while only speech sounds, frames are mono and exactly what they are without tracks', async () => {
  const { outlet } = openTracks();
  const encoder = codec.createEncoder(24_000);
  outlet.hum.isOn = true;
  await outlet.run(400);
  outlet.hum.isOn = false;
  await outlet.run(100);
  const sound = Int16Array.from(
    { length: 480 * 20 },
    (_, at) => 5000 * Math.sin((2 * Math.PI * 200 * at) / 24_000),
  );
  for (let n = 0; n < 20; n++) {
    expect(outlet.sent[n]?.opus).toEqual(
      encoder.encode(sound.slice(n * 480, (n + 1) * 480)),
    );
  }
  expect(outlet.sent.slice(20)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

const recordings = [
  'human-cards-001',
  'human-librivox-0880',
  'human-goforward',
  'synth-flite-awb-repeat-that',
];

test.each(recordings)(
  'real speech, %s, has no crack where music begins or ends',
  async (name) => {
    const { samples } = resamplePcm(readSpeech(name), 24_000);
    for (const startMs of [400, 500, 600, 700]) {
      const { band, outlet } = openTracks();
      outlet.hum.speech = samples;
      outlet.hum.isOn = true;
      await outlet.run(startMs);
      band.enqueue('music', makeMusic(100, 10));
      await outlet.run(800);
      expect(outlet.sent.some((sent) => sent?.isStereo)).toBe(true);
      const said = measureLoudness(resamplePcm(pcmOf(samples), bandRateHz).samples);
      measureLoudness(outlet.heard()).forEach((level, at) => {
        const around = Math.max(0, ...said.slice(Math.max(0, at - 6), at + 3));
        expect(level, `${at * 5} ms, music at ${startMs}`).toBeLessThan(
          2 * around + 200,
        );
      });
    }
  },
);
