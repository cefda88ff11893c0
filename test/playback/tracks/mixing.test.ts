import type { Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { Mixer, MusicLimiter, type Track } from '#src/playback/mix/mixer.ts';
import type { TrackCommand } from '#src/playback/tracks/track-outcomes.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { makeSourceFromPcm } from '#test/fakes/made-source.ts';
import { speechOnlyTracks } from '#test/playback/virtual-listener.ts';
import { fc } from '#test/properties.ts';
import { Band, bandRateHz, codec, dyingSamples, makeSteady, makeTone } from './band.ts';

/** The largest difference between neighbours: of a click, thousands. */
function findSteepest(sound: Float32Array) {
  let most = 0;
  for (let n = 1; n < sound.length; n++) {
    most = Math.max(most, Math.abs((sound[n] ?? 0) - (sound[n - 1] ?? 0)));
  }
  return most;
}

/** A tone that is nowhere near zero when it begins. */
function loudTone(ms: number) {
  const samples = Int16Array.from({ length: 96 * ms }, (_, n) =>
    Math.round(10_000 * Math.cos((2 * Math.PI * 100 * (n >> 1)) / bandRateHz)),
  );
  return makeSourceFromPcm('tone', { samples, rateHz: bandRateHz, channels: 2 });
}

/** Limit of the step between samples: 131 for the tone itself, 42 to 63 more for a ramp of 5 ms. */
const smooth = 210;

test.each<[string, TrackCommand?]>([
  ['begins'],
  ['is turned up', { kind: 'volume', percent: 150 }],
  ['is turned to silence', { kind: 'volume', percent: 0 }],
  ['is muted', { kind: 'mute' }],
  ['is paused', { kind: 'pause' }],
  ['is stopped', { kind: 'stop' }],
  ['is skipped', { kind: 'skip' }],
  ['is sought in', { kind: 'seek', to: { kind: 'at', ms: 1013 } }],
  ['is paused with all'],
])('a track that %s does not click', async (what, command) => {
  const band = new Band();
  band.enqueue('main', loudTone(2000));
  band.enqueue('main', loudTone(400));
  await band.run(200);
  if (command) band.perform(command);
  band.tracks.pause(what === 'is paused with all');
  await band.run(200);
  band.tracks.pause(false);
  band.perform({ kind: 'resume' });
  band.perform({ kind: 'unmute' });
  await band.run(3000);
  expect(findSteepest(band.heard)).toBeLessThan(smooth);
});

test('while the bot speaks, tracks go down by 14 dB in 80 ms, and come back in 400 ms', async () => {
  const band = new Band();
  band.enqueue('a', makeSteady(10_000, 20_000));
  band.enqueue('b', makeSteady(2000, 20_000));
  await band.run(200);
  band.isSpeaking = true;
  await band.run(80);
  const down = 20 * Math.log10((band.heard.at(-1) ?? 0) / 12_000);
  expect(down).toBeCloseTo(-14, 1);
  await band.run(500);
  expect(20 * Math.log10(band.level / 12_000)).toBeCloseTo(-14, 1);
  band.isSpeaking = false;
  await band.run(200);
  expect(band.level).toBeGreaterThan(5000);
  expect(band.level).toBeLessThan(9000);
  await band.run(220);
  expect(band.level).toBe(12_000);
});

type Part = { hz: number; peak: number; percent: number; rateHz: number };

/** One sample of the left channel, in float64. */
function mixIdeal(parts: readonly Part[], at: number) {
  return parts.reduce((all, { hz, peak, percent }) => {
    return (
      all + ((peak * percent) / 100) * Math.sin((2 * Math.PI * hz * at) / bandRateHz)
    );
  }, 0);
}

/** Energy of the signal, and of its difference from that, over 20 ms. */
function measureDifference(
  out: Int16Array,
  parts: readonly Part[],
  frame: number,
): [number, number] {
  let [signal, error] = [0, 0];
  for (let n = frame === 0 ? 240 : 0; n < 960; n++) {
    const wanted = mixIdeal(parts, frame * 960 + n);
    signal += wanted ** 2;
    error += (wanted - (out[2 * n] ?? 0)) ** 2;
  }
  return [signal, error];
}

const part: fc.Arbitrary<Part> = fc.record({
  hz: fc.integer({ min: 50, max: 8000 }),
  peak: fc.integer({ min: 3000, max: 6000 }),
  percent: fc.integer({ min: 60, max: 120 }),
  rateHz: fc.constantFrom(48_000, 44_100, 24_000),
});

test('the sum is the sum, below -60 dB away from a mix computed at leisure, and too loud a one keeps its sign', () =>
  fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 4 }), async (parts) => {
      const band = new Band();
      const limiter = new MusicLimiter();
      for (const [n, { hz, peak, percent, rateHz }] of parts.entries()) {
        const samples = makeTone(1000, { hz, peak, rateHz });
        band.enqueue(
          `t${n}`,
          makeSourceFromPcm('part', { samples, rateHz, channels: 2 }),
        );
        band.perform({ kind: 'volume', percent }, `t${n}`);
      }
      let [signal, error] = [0, 0];
      for (let at = 0; at < 45; at++) {
        const sum = (await band.step()) ?? new Float32Array(1920);
        const [more, off] = measureDifference(limiter.limitSum(sum), parts, at);
        [signal, error] = [signal + more, error + off];
      }
      expect(10 * Math.log10(error / signal)).toBeLessThan(-60);
      const loud = limiter.limitSum(new Float32Array(1920).fill(90_000));
      expect(Math.min(...loud)).toBeGreaterThan(29_000);
    }),
    { numRuns: 15 },
  ));

/** Plays levels of these lengths one after the other, with a crossfade. */
function openQueue(
  fadeMs: number,
  ...levels: readonly (readonly [level: number, ms: number])[]
) {
  const band = new Band();
  const items = levels.map(([level, ms]) => band.play('main', makeSteady(level, ms)));
  band.perform({ kind: 'crossfade', ms: fadeMs });
  return { band, items };
}

/** Samples from the first that sounds to the last, without the 5 ms in which that dies away. */
function cutSounding(band: Band) {
  const { heard } = band;
  const isSound = (sample: number) => sample !== 0;
  return heard.subarray(
    heard.findIndex(isSound),
    heard.findLastIndex(isSound) + 1 - dyingSamples,
  );
}

/** Largest step from one sample to the next. */
function largestStep(sound: Float32Array) {
  return sound.reduce(
    (most, sample, n) => Math.max(most, Math.abs(sample - (sound[n - 1] ?? 0))),
    0,
  );
}

test('a sound ends while the next one begins, with the same power throughout and without a step', async () => {
  const { band, items } = openQueue(1000, [3000, 3000], [4000, 3000]);
  await band.run(6000);
  const sound = cutSounding(band);
  expect(sound.length / bandRateHz).toBeCloseTo(5, 2);
  for (const share of [0.1, 0.5, 0.9]) {
    const at = sound.length - (3 - share) * bandRateHz;
    const angle = (share * Math.PI) / 2;
    const level = 3000 * Math.cos(angle) + 4000 * Math.sin(angle);
    expect(Math.abs((sound[Math.round(at)] ?? 0) - level)).toBeLessThan(10);
  }
  expect([sound[bandRateHz], sound[4 * bandRateHz]]).toEqual([3000, 4000]);
  expect(largestStep(sound)).toBeLessThan(30);
  for (const item of items) expect(band.endOf(item)).toEqual('completed');
});

test('a crossfade may be longer than is read ahead, and 0 ends it', async () => {
  const { band } = openQueue(10_000, [1000, 15_000], [1000, 15_000]);
  await band.run(19_000);
  expect(band.tracks.findTrack('main')?.items[0]?.positionMs).toBeCloseTo(14_000, -2);
  band.perform({ kind: 'crossfade', ms: 0 });
  band.enqueue('main', makeSteady(2000, 1000));
  await band.run(6000);
  expect(cutSounding(band).length / bandRateHz).toBeCloseTo(21, 2);
});

test('sounds shorter than the crossfade follow one another, each within the former', async () => {
  const { band, items } = openQueue(5000, [1000, 600], [1000, 300], [1000, 800]);
  await band.run(3000);
  expect(cutSounding(band).length / bandRateHz).toBeCloseTo(1.4, 1);
  for (const item of items) expect(band.endOf(item)).toEqual('completed');
});

test.each([
  ['skip', { kind: 'skip' }, 2000, 7],
  ['removal of the next sound', { kind: 'remove', item: '1' }, 1000, 6],
  ['seek', { kind: 'seek', to: { kind: 'at', ms: 4000 } }, 1000, 8],
] as const)(
  'a %s within a crossfade leaves one sound, without a click',
  async (_, command, level, seconds) => {
    const { band } = openQueue(2000, [1000, 6000], [2000, 3000]);
    await band.run(5000);
    expect(band.level).toBeGreaterThan(1500);
    band.perform(command);
    await band.run(40);
    expect(band.level).toBe(level);
    await band.run(6000);
    const sound = cutSounding(band);
    expect(largestStep(sound)).toBeLessThan(60);
    expect(sound.length / bandRateHz).toBeCloseTo(seconds, 1);
  },
);

test('a crossfade that was paused goes on where it was', async () => {
  const { band } = openQueue(2000, [1000, 6000], [2000, 3000]);
  await band.run(5000);
  const { level } = band;
  band.perform({ kind: 'pause' });
  await band.run(1000);
  expect(band.level).toBe(0);
  band.perform({ kind: 'resume' });
  await band.run(40);
  expect(Math.abs(band.level - level)).toBeLessThan(100);
  expect(largestStep(band.heard)).toBeLessThan(60);
});

test('a sound that is put next during a crossfade comes behind the sound that has begun', async () => {
  const { band } = openQueue(2000, [1000, 6000], [2000, 3000]);
  await band.run(5000);
  const added = band.enqueue('main', makeSteady(500, 1000), { isNext: true });
  expect(added).toMatchObject({ kind: 'added', place: 2 });
});

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
