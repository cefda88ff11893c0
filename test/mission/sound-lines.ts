import { setImmediate } from 'node:timers/promises';
import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/sandbox-person.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { findMedian } from '#test/audio/similarity.ts';
import {
  type HeardTones,
  listHeardTones,
  listOrder,
  listRuns,
  listTones,
  measureShare,
  measureWholeShare,
  type Tone,
  tonesHz,
} from '#test/mission/heard-tones.ts';
import { expectWhole } from '#test/mission/mission-setup.ts';
import { wrongLabels } from '#test/mission/speech-server.ts';
import {
  hearFor,
  highTonesHz,
  type Line,
  playBeside,
  settleMs,
  waitForTone,
} from '#test/mission/track-lines.ts';
import {
  expireSoon,
  passSharedTime,
  retryUntilHeld,
  startOfSpeech,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

/** A part of the hum of each voice. */
const voiceHz = 600;

const isOf =
  (hz: Tone) =>
  ({ tones }: HeardTones) =>
    tones.some((tone) => tone.hz === hz);

/** Declares the lines about sounds in a queue and texts on it, each by what a person hears. */
export function declareSoundLines(line: Line): void {
  line(
    'a sound put first, left out, skipped, looped or soft from its beginning',
    async (m) => {
      const { person } = await m.conversations.dictated;
      const sinceMs = realClock.nowMs();
      const playTone = (hz: Tone, ms: number, more = {}) =>
        m.askProgram('/tracks', {
          sound: m.tones.formatAddress([hz], ms),
          track: 'order',
          ...more,
        });
      await playTone(1_000, 120_000);
      await playTone(1_200, 700);
      await playTone(1_500, 700);
      await playTone(1_800, 700, { next: true });
      await waitForTone(person, 1_000, sinceMs);
      await m.askProgram('/tracks/order/remove', { item: '1200x700.wav' });
      const listed = await m.findTrack('order');
      expect(listed?.waiting).toMatchObject([
        { title: '1800x700.wav' },
        { title: '1500x700.wav' },
      ]);
      await m.askProgram('/tracks/order/skip', {});
      await retryUntilHeld(async () =>
        expect(await m.findTrack('order')).not.toHaveProperty('current'),
      );
      await passSharedTime(settleMs);
      const heard = listOrder(listHeardTones(person, sinceMs), highTonesHz);
      expect(heard).toEqual([1_000, 1_800, 1_500]);
      const plain = measureShare(
        listHeardTones(person, sinceMs).filter(isOf(1_500)),
        1_500,
      );
      await playTone(2_200, 400, { percent: 40, loop: true });
      const rows = await hearFor(person, 2_000);
      const soft = measureShare(rows, 2_200) / plain;
      expect([soft > 0.3, soft < 0.5]).toEqual([true, true]);
      await m.askProgram('/tracks/order/stop', {});
      await m.askProgram('/tracks/order/volume', { percent: 100 });
    },
  );

  line('a text on a named track, at its speed and by its voice', async (m) => {
    const { person } = await m.conversations.dictated;
    const text = 'These words have a track of their own.';
    for (const speed of [1, 2]) {
      const sinceMs = realClock.nowMs();
      const request = { text, track: 'words', speed, voice: 'coral', wait: true };
      const placed = JSON.parse(await m.askProgram('/say', request));
      expect(placed).toMatchObject({ track: 'words', ended: 'completed' });
      await passSharedTime(settleMs);
      const { pcm } = await person.listen(
        { sinceMs, quietMs: settleMs, timeoutMs: 10_000 },
        expireSoon(),
      );
      const expected = toneOf([text]);
      const share = (getDurationMs(pcm) * speed) / getDurationMs(expected);
      expect([share > 0.9, share < 1.15], `${share}`).toEqual([true, true]);
      if (speed === 1) await expectWhole(pcm, expected);
    }
    expect(m.voice.requests.at(-1)).toMatchObject({ input: text, voice: 'coral' });
  });

  line('softer while the bot speaks, and as loud as before after it', async (m) => {
    const { person } = await m.conversations.dictated;
    const { isBeside, stopTrack } = await playBeside(m, person);
    const plain = measureShare(await hearFor(person, 500), 2_600);
    const sinceMs = realClock.nowMs();
    const text = 'The music is soft as long as these words are said.';
    const speed = 2;
    await m.askProgram('/say', { text, speed, wait: true });
    const spoken = listHeardTones(person, sinceMs);
    const { length } = spoken.filter(({ tones }) => {
      const share = (tones.find(({ hz }) => hz === 2_600)?.share ?? 0) / plain;
      return share > 0.1 && share < 0.35;
    });
    const speechMs = getDurationMs(toneOf([text])) / speed;
    const softMs = 20 * length;
    expect([softMs > speechMs - 300, softMs < speechMs + 700], `${softMs} ms`).toEqual([
      true,
      true,
    ]);
    // The voice is as loud on the one side as on the other.
    const [left = 0, right = 0] = (await hearSides(person, sinceMs)).map((rows) =>
      measureShare(rows.filter(isOf(voiceHz)), voiceHz),
    );
    expect(left).toBeGreaterThan(0);
    expect(right / left).toBeCloseTo(1, 0.5);
    expect(isBeside(await hearFor(person, 500))).toBe(true);
    await stopTrack();
  });
}

/** Writes a level from -1 to 1 as one sample. */
const writers = {
  u8: (level: number) => Buffer.of(Math.round(128 + 127 * level)),
  s16(level: number) {
    const bytes = Buffer.alloc(2);
    bytes.writeInt16LE(Math.round(32_767 * level));
    return bytes;
  },
  s24(level: number) {
    const bytes = Buffer.alloc(3);
    bytes.writeIntLE(Math.round(8_388_607 * level), 0, 3);
    return bytes;
  },
  s32(level: number) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(Math.round(2_147_483_647 * level));
    return bytes;
  },
  f32(level: number) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(level);
    return bytes;
  },
  mulaw: (level: number) => Buffer.of(toMulaw(Math.round(32_767 * level))),
} as const;

/** Packs a sample of 16 bits: https://www.itu.int/rec/T-REC-G.711 */
function toMulaw(sample: number) {
  const loud = Math.min(32_635, Math.abs(sample)) + 132;
  const exponent = Math.floor(Math.log2(loud)) - 7;
  const mantissa = (loud >> (exponent + 3)) & 15;
  return ~((sample < 0 ? 128 : 0) | (exponent << 4) | mantissa) & 255;
}

type Samples = {
  readonly rate: number;
  readonly channels: 1 | 2;
  readonly format: keyof typeof writers;
  /** One tone of each channel. */
  readonly tones: readonly Tone[];
  /** Peak, of 1. Default: 0.5. */
  readonly level?: number;
};

const eachMs = 520;
/** Tones that no voice of the mission has, which hums below 1 kHz. */
const sentTonesHz = tonesHz.filter((hz) => hz >= 1_000);
/** Sound that a program sends before it is heard. */
const firstMs = 3_000;
/** What has left the bot is heard by then. */
const settledMs = 400;

/** Samples as programs send them: each encoding, mono and stereo, at rates of phones, CDs and Discord. Neighbours differ on each side. */
const sent: readonly Samples[] = [
  { rate: 24_000, channels: 1, format: 's16', tones: [1_200] },
  { rate: 44_100, channels: 2, format: 's16', tones: [1_000, 1_800] },
  { rate: 48_000, channels: 1, format: 's24', tones: [1_500] },
  { rate: 22_050, channels: 2, format: 's24', tones: [2_200, 1_200] },
  { rate: 8_000, channels: 1, format: 'f32', tones: [1_800] },
  { rate: 16_000, channels: 2, format: 'f32', tones: [1_200, 2_600] },
  { rate: 11_025, channels: 1, format: 'u8', tones: [1_500] },
  { rate: 32_000, channels: 2, format: 's32', tones: [1_000, 2_200] },
  { rate: 8_000, channels: 1, format: 'mulaw', tones: [1_500] },
];

function makeSamples({ channels, format, level = 0.5, rate, tones }: Samples) {
  const frames = (rate * eachMs) / 1_000;
  return Buffer.concat(
    Array.from({ length: frames * channels }, (_, n) => {
      const hz = tones[n % channels] ?? 0;
      const turns = (hz * Math.floor(n / channels)) / rate;
      return writers[format](level * Math.sin(2 * Math.PI * turns));
    }),
  );
}

/** Cuts bytes into pieces of many sizes, which end anywhere in a sample. */
async function* cutAnywhere(bytes: Buffer) {
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 4_093) {
    yield bytes.subarray(at, at + size);
    await setImmediate();
  }
}

function formatLabel({ channels, format, rate }: Samples) {
  return `audio/pcm;rate=${rate};channels=${channels};format=${format}`;
}

/** Lists the tones of what a person has heard since then, on the left and on the right. */
async function hearSides({ heard }: SandboxPerson, sinceMs: number) {
  const decoder = (await loadOpus()).createDecoder(48_000, 2);
  const sides = [0, 1] as const;
  const rows = heard.frames
    .filter(({ atMs }) => atMs >= sinceMs)
    .map(({ atMs, audible, opus }) => {
      const both = decoder.decode(opus);
      return sides.map((side) => {
        const samples = both.filter((_, n) => n % 2 === side);
        const tones = audible ? listTones(samples) : [];
        return { atMs, tones, wholeShare: measureWholeShare(samples) };
      });
    });
  return sides.map((side) => rows.flatMap((row) => row[side] ?? []));
}

/** Declares the lines about samples that a program sends, each by the pitch, length and side that a person hears. */
export function declareSampleLines(line: Line): void {
  line('raw samples on a named track, by their label', async (m) => {
    const { person } = await m.conversations.dictated;
    const sinceMs = realClock.nowMs();
    const track = 'My first TTS request';
    const answers: unknown[] = [];
    for (const [n, samples] of sent.entries())
      answers.push(
        await m.sendSound(
          `${encodeURIComponent(track)}/sound?wait=${n === sent.length - 1}`,
          formatLabel(samples),
          ReadableStream.from(cutAnywhere(makeSamples(samples))),
        ),
      );
    expect(answers.at(-1)).toMatchObject({ track, title: track, ended: 'completed' });
    await passSharedTime(settledMs);
    const sides = await hearSides(person, sinceMs);
    expect(sides.map((side) => listOrder(side, sentTonesHz))).toEqual([
      sent.map(({ tones: [left] }) => left),
      sent.map(({ tones: [left, right = left] }) => right),
    ]);
    const rows = listHeardTones(person, sinceMs);
    // Each is as loud and as pure as it was sent, whatever its encoding.
    for (const { hz, rows: heard } of listRuns(sides[0] ?? [], sentTonesHz)) {
      const share = measureShare(heard, hz);
      const purity = share / findMedian(heard.map(({ wholeShare }) => wholeShare));
      const isAsSent = [share > 2.6, share < 4, purity > 0.9];
      expect(isAsSent, `${hz} Hz: ${share}, ${purity}`).toEqual([true, true, true]);
    }
    const isSent = ({ tones }: HeardTones) =>
      tones.some(({ hz }) => sentTonesHz.includes(hz));
    const heardMs = 20 * rows.filter(isSent).length;
    const allMs = sent.length * eachMs;
    expect([heardMs > allMs - 300, heardMs < allMs + 300]).toEqual([true, true]);
  });

  line('read as they come, as fast as the track plays', async (m) => {
    const { person } = await m.conversations.dictated;
    const sinceMs = realClock.nowMs();
    const tones = [600, 600] as const;
    const samples = {
      rate: 48_000,
      channels: 2,
      format: 'f32',
      tones,
      level: 0.9,
    } as const;
    const tone = makeSamples(samples);
    const hearing = Promise.withResolvers<void>();
    let sentMs = 0;
    async function* sendForever() {
      for (; ; sentMs += eachMs) {
        // A bot that reads sounds whole hears none of this one.
        if (sentMs > firstMs) await hearing.promise;
        yield tone;
        await passSharedTime(1);
      }
    }
    const body = ReadableStream.from(sendForever());
    const ended = m.sendSound('endless/sound?percent=200', formatLabel(samples), body);
    await waitForTone(person, 600, sinceMs);
    const heardAtMs = sentMs;
    hearing.resolve();
    await passSharedTime(2_000);
    // What waits in sockets, in the decoder and before the track is more than was heard, and still little.
    expect(sentMs).toBeLessThan(heardAtMs + 60_000);
    // It is louder than full scale, and does not clip: that would add a tone of three times the pitch.
    const rows = listHeardTones(person, sinceMs + settleMs);
    expect(measureShare(rows, 600)).toBeGreaterThan(3);
    expect(measureShare(rows, 1_800) / measureShare(rows, 600)).toBeLessThan(0.05);
    await m.askProgram('/tracks/endless/stop', {});
    expect(await ended).toMatchObject({ track: 'endless' });
  });
}

/** Declares the lines about errors in place of sound, by what a program receives and a person hears. */
export function declareErrorLines(line: Line): void {
  line('errors behind sound are never played', async ({ openai }) => {
    const input = 'A sentence that ends with an error.';
    const request = {
      model: 'pcm',
      input,
      voice: 'alloy',
      response_format: 'pcm',
    } as const;
    const { body } = await openai.audio.speech.create(request);
    const pieces: Uint8Array[] = [];
    const readStream = async () => {
      for await (const piece of body ?? []) pieces.push(piece);
    };
    await expect(readStream()).rejects.toThrow();
    const heard = Buffer.concat(pieces);
    const whole = Buffer.from(toneOf([input]).samples.buffer);
    expect(heard.length).toBeGreaterThan(whole.length / 4);
    expect(whole.subarray(0, heard.length).equals(heard)).toBe(true);
  });

  for (const label of wrongLabels)
    line(`errors are never played, whatever they are called: ${label}`, async (m) => {
      const { person } = await m.conversations.dictated;
      const input = `Said wrongly as ${label}.`;
      const promise = m.openai.audio.speech.create({
        model: 'pcm',
        input,
        voice: 'alloy',
      });
      await expect(promise).rejects.toMatchObject({ status: 502 });
      const sinceMs = realClock.nowMs();
      const spoken = await m.askProgram('/say', { text: input, wait: true });
      expect(JSON.parse(spoken)).toMatchObject({ ended: 'failed' });
      expect(startOfSpeech(person, sinceMs)).toBeUndefined();
    });
}
