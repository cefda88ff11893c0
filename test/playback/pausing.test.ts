import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { speakRateHz } from '#src/audio/pcm.ts';
import { resample } from '#src/audio/resample.ts';
import { readWav } from '#src/audio/wav.ts';
import { SpokenSentences } from '#src/playback/reply/sentences.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { VoiceTrack } from '#src/playback/reply/voice-track.ts';
import { fc } from '#test/properties.ts';
import { level, loudest, open, VirtualListener } from './listening.ts';
import { joined, perMs, type SpeechLike, speechLike, steepest, tone } from './speech-like.ts';

const bridge = ['The', 'Millau', 'Viaduct', 'is', 'three', 'hundred', 'metres', 'tall'];

async function speaking(sound: SpeechLike = speechLike(bridge), withMarks = false) {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  const { text, marks, pcm } = sound;
  void reply.write(pcm, withMarks ? { text, marks } : text, open); // waits where that is more than 5 s
  reply.end();
  return { ...sound, reply, track, listener: new VirtualListener(track) };
}

/** Where in the whole sound the frames that follow begin; the first 5 ms rise, so they are not compared. */
function placeMs({ listener, pcm }: { listener: VirtualListener; pcm: SpeechLike['pcm'] }): number {
  const sound = listener.step()?.subarray(120) ?? new Int16Array(0);
  for (let at = 120; at < pcm.samples.length; at++) {
    if (sound.every((sample, n) => sample === (pcm.samples[at + n] ?? 0)))
      return (at - 120) / perMs;
  }
  throw new Error('These samples are not of the sentence.');
}

test('a pause is silent after a fade of 4 ms, and nothing is pulled', async () => {
  const { reply, listener } = await speaking();
  listener.steps(20);
  reply.pause();
  const fade = listener.step();
  expect(loudest(fade?.subarray(0, 96))).toBeGreaterThan(0);
  expect(loudest(fade?.subarray(96))).toBe(0);
  listener.steps(50);
  expect(listener.frames.slice(21).every((frame) => frame === undefined)).toBe(true);
  expect(reply.playedMs()).toBe(400);
  expect(reply.paused).toBe(true);
});

test('neither the pause nor what comes after it clicks', async () => {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  const listener = new VirtualListener(track);
  const { samples, ...rest } = tone(200, 2000);
  await reply.write({ samples, ...rest }, 'Five words of one tone.', open);
  listener.steps(33);
  reply.pause();
  listener.steps(5);
  reply.resume();
  listener.steps(5);
  expect(steepest(joined(listener.frames))).toBeLessThan(steepest(samples) * 1.2);
});

test('a reply goes on from the start of the word that was cut', async () => {
  const said = await speaking();
  const viaduct = said.marks[2]?.fromMs ?? 0;
  said.listener.steps(Math.ceil((viaduct + 200) / 20));
  said.reply.pause();
  said.listener.steps(10);
  said.reply.resume();
  expect(said.listener.wakes).toBeGreaterThan(0);
  const startMs = placeMs(said);
  expect(startMs).toBeGreaterThan(viaduct - 60);
  expect(startMs).toBeLessThanOrEqual(viaduct + 10);
});

test('a pause of 80 ms or less skips nothing and repeats nothing', async () => {
  const said = await speaking();
  said.listener.steps(20);
  const taken = said.reply.playedMs();
  said.reply.pause();
  said.listener.steps(4);
  said.reply.resume();
  expect(placeMs(said)).toBe(taken);
});

test('where the provider tells when words sound, the start is exact', async () => {
  const said = await speaking(
    speechLike(bridge, (n) => (n % 2 ? 0.5 : 2)),
    true,
  );
  const metres = said.marks[6]?.fromMs ?? 0;
  said.listener.steps(Math.ceil((metres + 100) / 20));
  said.reply.pause();
  said.listener.steps(5);
  said.reply.resume();
  expect(placeMs(said)).toBe(metres);
  said.reply.cut();
  expect(said.reply.heardText()).toBe('The Millau Viaduct is three hundred');
});

test('between two words nothing comes twice', async () => {
  const sound = speechLike(['one', 'two'], () => 1, 100);
  const said = await speaking(sound, true);
  said.listener.steps(10);
  said.reply.pause();
  said.listener.steps(5);
  said.reply.resume();
  expect(placeMs(said)).toBe(200);
});

test('a pause nobody heard yet changes nothing', async () => {
  const { reply, listener, pcm } = await speaking();
  listener.steps(20);
  reply.pause();
  reply.resume();
  listener.steps(5);
  expect(joined(listener.frames)).toEqual(pcm.samples.slice(0, 25 * 480));
});

test('words that come again are not counted again, and a resumed reply ends whole', async () => {
  const { reply, listener, pcm, text } = await speaking();
  listener.steps(33);
  reply.pause();
  listener.steps(5);
  const before = reply.heardText();
  reply.resume();
  listener.step();
  expect(reply.playedMs()).toBe(660);
  expect(reply.heardText()).toBe(before);
  listener.steps(400);
  expect(await reply.finish).toBe('completed');
  expect(reply.playedMs()).toBeCloseTo(pcm.samples.length / perMs, 6);
  expect(reply.heardText()).toBe(text);
});

test('a word without end comes again for three seconds at most', async () => {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  const listener = new VirtualListener(track);
  for (let n = 0; n < 100; n++) await reply.write(level(n + 1, 50), 'Aaaaaah', open);
  listener.steps(225);
  reply.pause();
  listener.steps(5);
  reply.resume();
  listener.step();
  expect(listener.frames.at(-1)?.at(-1)).toBe(31);
});

test('while a reply is paused the next one waits, and a cut of it lets the next one sound', async () => {
  const { reply, track, listener } = await speaking();
  const next = new SpokenReply();
  await next.write(level(7, 100), 'Next.', open);
  track.add(next);
  listener.steps(10);
  reply.pause();
  listener.steps(10);
  expect(listener.frames.at(-1)).toBeUndefined();
  reply.cut();
  expect(reply.paused).toBe(false);
  expect(listener.step()?.[0]).toBe(7);
  expect(await reply.finish).toBe('cancelled');
});

test('sound that comes during a pause is kept, and wakes nobody', async () => {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  const listener = new VirtualListener(track);
  await reply.write(level(5, 100), 'Well.', open);
  listener.steps(3);
  reply.pause();
  listener.steps(5);
  const { wakes } = listener;
  await reply.write(level(6, 100), 'Then.', open);
  expect(listener.wakes).toBe(wakes);
  reply.resume();
  expect(listener.wakes).toBe(wakes + 1);
  listener.steps(11);
  expect(listener.levels.slice(-2)).toEqual([6, undefined]);
});

const words = fc.array(fc.constantFrom(...bridge, 'a', 'understanding', 'of', 'it'), {
  minLength: 1,
  maxLength: 12,
});
const paces = fc.array(fc.double({ min: 0.88, max: 1.12, noNaN: true }), {
  minLength: 12,
  maxLength: 12,
});

test('at 50 cut points in words of uneven pace, history ends within one word of the last packet, and nothing is lost', async () => {
  const happening = fc.asyncProperty(words, paces, fc.nat(999), async (spoken, pace, share) => {
    const said = await speaking(speechLike(spoken, (n) => pace[n] ?? 1));
    const { listener, reply, marks, pcm } = said;
    const frames = Math.ceil(pcm.samples.length / 480);
    listener.steps(Math.floor((frames * share) / 1000));
    const leftMs = reply.playedMs();
    reply.pause();
    listener.steps(5);
    const real = marks.filter(({ toMs }) => toMs <= leftMs).length;
    const heard = reply.heardText().split(' ').filter(Boolean).length;
    expect(Math.abs(heard - real)).toBeLessThanOrEqual(1);
    expect(said.text.startsWith(reply.heardText())).toBe(true);
    const before = listener.frames.length;
    reply.resume();
    listener.steps(frames + 1);
    const rest = joined(listener.frames.slice(before)).length / 480;
    expect(rest * 20).toBeGreaterThanOrEqual(pcm.samples.length / perMs - leftMs - 1);
    expect(await reply.finish).toBe('completed');
    expect(reply.playedMs()).toBeCloseTo(pcm.samples.length / perMs, 6);
  });
  // Where a word ends is reckoned, not known: one of some hundred other cuts may be two words off.
  await fc.assert(happening, { numRuns: 50, seed: 1 });
});

const spokenWords = z.record(
  z.string(),
  z.array(z.object({ word: z.string(), fromMs: z.number(), toMs: z.number() })),
);
const fixtures = 'test/fixtures/speech';
const known = spokenWords.parse(JSON.parse(await readFile(`${fixtures}/words.json`, 'utf8')));

test('in recordings whose words are known, history is more than one word off in at most 1 % of all cuts', async () => {
  let cuts = 0;
  let off = 0;
  for (const [file, times] of Object.entries(known)) {
    const pcm = readWav(await readFile(`${fixtures}/${file}`));
    const text = times.map(({ word }) => word).join(' ');
    const { reply, listener } = await speaking({ text, pcm, marks: [] });
    while (listener.step()) {
      const real = times.filter(({ toMs }) => toMs <= reply.playedMs()).length;
      const heard = reply.heardText().split(' ').filter(Boolean).length;
      cuts++;
      if (Math.abs(heard - real) > 1) off++;
    }
  }
  expect(cuts).toBeGreaterThan(1000);
  expect(off / cuts).toBeLessThanOrEqual(0.01);
});

test('in these recordings, the start of the word that was cut is lost in at most 20 % of all cuts', async () => {
  let cuts = 0;
  let lost = 0;
  for (const [file, times] of Object.entries(known)) {
    const { samples } = resample(readWav(await readFile(`${fixtures}/${file}`)), speakRateHz);
    const sentences = new SpokenSentences();
    sentences.start(times.map(({ word }) => word).join(' '));
    sentences.grow(samples);
    for (let cut = 480; cut < samples.length; cut += 480) {
      const word = times.find(({ fromMs, toMs }) => fromMs * perMs < cut && cut < toMs * perMs);
      if (!word) continue;
      cuts++;
      if (sentences.wordStart(cut, true) > (word.fromMs + 40) * perMs) lost++;
    }
  }
  expect(cuts).toBeGreaterThan(900);
  expect(lost / cuts).toBeLessThanOrEqual(0.2);
});
