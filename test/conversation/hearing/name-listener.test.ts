import { listenRateHz, type Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { toGuildId } from '#src/base/ids.ts';
import { NameEars, type NameJudgement } from '#src/conversation/ear/name-listener.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import { FakeLocalRecogniser } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** The name is where the samples have this value. */
const nameSample = 9_000;
const talkSample = 4_000;
const pieceMs = 20;

/** A person whose sound is heard, as the bot listens for "Nova" in it. */
function openSpeaker(options: { readonly tookMs?: number } = {}) {
  const clock = new VirtualClock();
  const localRecogniser = new FakeLocalRecogniser({
    texts: ({ samples }) =>
      samples.includes(nameSample) ? 'and Nova said' : 'no one is called',
    clock,
    ...options,
  });
  const ears = new NameEars({ clock, localRecogniser });
  const judged: (NameJudgement & { readonly atMs: number })[] = [];
  const pauses: string[] = [];
  const listener = ears.listen({
    guildId: toGuildId('g'),
    names: ['Nova'],
    present: [],
    transcription: {},
    signal: new AbortController().signal,
    onJudged: (judgement) => judged.push({ ...judgement, atMs: clock.nowMs() }),
    onPause: ({ text }) => pauses.push(text),
  });
  const speakFor = async (ms: number, sample = talkSample) => {
    for (let at = 0; at < ms; at += pieceMs) {
      listener.push([
        { samples: new Int16Array((listenRateHz * pieceMs) / 1_000).fill(sample) },
      ]);
      await clock.advance(pieceMs);
    }
  };
  const listLookedMs = () => localRecogniser.heard.map(toMs);
  return { clock, ears, judged, listener, listLookedMs, pauses, speakFor };
}

function toMs({ samples }: Pcm) {
  return (1_000 * samples.length) / listenRateHz;
}

test('a name at the begin is known while the person still speaks', async () => {
  const { judged, listLookedMs, speakFor } = openSpeaker({ tookMs: 400 });
  await speakFor(300, nameSample);
  await speakFor(2_700);
  expect(judged).toMatchObject([{ mayBeNamed: true, isWhole: false }]);
  expect(judged[0]?.atMs).toBeLessThanOrEqual(2_440);
  expect(listLookedMs()).toEqual([2_000]);
});

test('a name at the end is known in the pause after it', async () => {
  const { clock, judged, listener, speakFor } = openSpeaker({ tookMs: 400 });
  await speakFor(3_000);
  await speakFor(300, nameSample);
  expect(judged).toEqual([]);
  listener.pause(false);
  await clock.advance(400);
  expect(judged).toMatchObject([{ mayBeNamed: true }]);
});

test('a name is heard wherever it stands in speech without a pause', async () => {
  for (let atMs = 0; atMs < 14_000; atMs += 500) {
    const { clock, judged, listener, listLookedMs, speakFor } = openSpeaker();
    await speakFor(atMs);
    await speakFor(200, nameSample);
    await speakFor(14_000 - atMs);
    listener.pause(true);
    await clock.advance(0);
    expect(judged).toMatchObject([{ mayBeNamed: true }]);
    expect(Math.max(...listLookedMs())).toBeLessThanOrEqual(5_000);
  }
});

test('speech without the name is judged once it has ended, with all its words where it is short', async () => {
  const { clock, judged, listener, pauses, speakFor } = openSpeaker();
  await speakFor(1_000);
  listener.pause(false);
  await clock.advance(0);
  expect(judged).toEqual([]);
  expect(pauses).toEqual(['no one is called']);
  await speakFor(1_000);
  listener.pause(true);
  await clock.advance(0);
  const transcript = { text: 'no one is called' };
  expect(judged).toMatchObject([{ mayBeNamed: false, isWhole: true, transcript }]);
});

test('silence after a look is not looked at again', async () => {
  const { clock, judged, listener, listLookedMs, speakFor } = openSpeaker();
  await speakFor(1_000);
  listener.pause(false);
  await clock.advance(0);
  await speakFor(600, 0);
  listener.pause(true);
  await clock.advance(0);
  expect(judged).toMatchObject([{ mayBeNamed: false }]);
  expect(listLookedMs()).toEqual([1_000]);
});

test('a look that takes too long tells nothing, and no other is taken for half a minute', async () => {
  const { clock, ears, judged, speakFor } = openSpeaker({ tookMs: 10_000 });
  await speakFor(2_000);
  await clock.advance(1_400);
  expect([judged.length, ears.isAwake]).toEqual([0, true]);
  await clock.advance(100);
  expect(judged).toMatchObject([{ mayBeNamed: true, isWhole: false }]);
  expect(ears.isAwake).toBe(false);
  await clock.advance(30_000);
  expect(ears.isAwake).toBe(true);
});

const missing = { localRecogniser: new FakeLocalRecogniser({ texts: [''] }, false) };
const failing = {
  localRecogniser: {
    isAvailable: true,
    recognise: () => Promise.reject(new BotError('speech.failed', true, 'No.')),
  },
};
const silent = {
  localRecogniser: {
    isAvailable: true,
    recognise: () => Promise.withResolvers<never>().promise,
  },
};
const read = { isReadByPrograms: () => true };

playScripts({
  'a paid recogniser gets no words between people that do not name the bot': `
    with name, priced, eva always
    20000
    eva says: What do you think, Adam? > unsent, ignored Eva: not-named
    9000
    requests > 0 requests
    `,
  'a paid recogniser gets all of a question that names the bot': `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it?
    > heard Eva: Nova, what time is it?, answered Eva: You said five.
    `,
  'after Ask no name is needed, and nobody listens for one': `
    with name, priced, eva always
    20000
    eva presses ask
    eva says: What time is it? > heard Eva: What time is it?, answered Eva: You said five.
    `,
  'alone with the bot a person is heard by the paid recogniser': `
    with name, priced, alone
    20000
    adam says: What time is it?
    > heard Adam: What time is it?
    > ignored Adam: not-named
    > heard Adam: What time is it?
    > ignored Adam: not-named
    `,
  'captions need all words': `
    with name, priced, eva always
    captions on > says captions.on
    9000 > captions: on placeId lounge isHere true saved true, played voice: completed
    eva says: What do you think, Adam? > heard Eva: What do you think, Adam?, ignored Eva: not-named
    `,
  'a recogniser without a price hears everything, as nothing would be saved': `
    with name, eva always
    20000
    eva says: What do you think, Adam? > heard Eva: What do you think, Adam?, ignored Eva: not-named
    `,
  'a no without a name counts in words that were not sent': `
    with name, priced, eva always
    20000
    eva says: Please don't record me. > unsent, ignored Eva: not-named, says consent.no
    9000
    consents > eva never
    `,
  'a program that reads the words of the channel needs all of them': [
    read,
    `
    with name, priced, eva always
    20000
    eva says: What do you think, Adam? > heard Eva: What do you think, Adam?, ignored Eva: not-named
    `,
  ],
  'without a recogniser of this machine the paid one hears everything': [
    missing,
    `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it?
    > heard Eva: Nova, what time is it?, answered Eva: You said five.
    `,
  ],
  'where the recogniser of this machine fails, the paid one is asked': [
    failing,
    `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it?
    > heard Eva: Nova, what time is it?, answered Eva: You said five.
    `,
  ],
  'where the recogniser of this machine is late, the paid one is asked': [
    silent,
    `
    with name, priced, eva always
    20000
    eva says: Nova, what time is it? > heard Eva: Nova, what time is it?
    2000 > answered Eva: You said five.
    `,
  ],
});
