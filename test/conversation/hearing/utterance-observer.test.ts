import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { openListening, usualSentShare } from '#src/speech/listen.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  type openSessionFixture,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { RecordedUtterances } from '#test/fakes/speakers/recorded-utterances.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import recordings from '#test/fixtures/speech/manifest.json' with { type: 'json' };

const speech = 'human-goforward';

type Over = Parameters<typeof openSessionFixture>[0];

/** Adam has called the bot, and everybody's words are taken down. */
async function takeDown(overrides: Over = {}, clock = new VirtualClock()) {
  const listener = new RecordedUtterances();
  const fixture = await joinLounge({ listener, ...overrides }, [adam, eva], clock);
  await passTime(fixture, 100);
  return { fixture, listener };
}

const makeSlowTranscriber = (clock: VirtualClock, tookMs: number) =>
  new FakeTranscriber({ texts: ['five five'], tookMs, clock });
const failed = new BotError('provider.refused', true, 'No.');

test.each([
  ['that is meant for the bot', 'always'],
  ['among people', 'name'],
] as const)(
  'an utterance %s is told of from its beginning to its end, once',
  async (_, addressing) => {
    const { fixture, listener } = await takeDown({ addressing });
    await hearSpeech(fixture, 5_000, speech);
    expect(listener.listEnds).toEqual(['five five']);
    const [utterance] = listener.all;
    expect(utterance).toMatchObject({ speakerId: 'adam', name: 'Adam' });
    expect(utterance?.reported.at(-1)).toBe('whole five five');
  },
);

test.each([
  ['nothing was understood', { texts: [''] }, 'no-words'],
  ['the recogniser failed', { texts: [], error: failed }, 'not-understood'],
])('where %s, the end says so', async (_, options, end) => {
  const { fixture, listener } = await takeDown({
    transcriber: new FakeTranscriber(options),
  });
  await hearSpeech(fixture, 5_000, speech);
  expect(listener.listEnds).toEqual([`(${end})`]);
});

test.each([
  ['in the middle of the word', 1_500],
  ['while it is recognised', 3_500],
])('who says no %s takes back what they were saying', async (_, ms) => {
  const clock = new VirtualClock();
  const { fixture, listener } = await takeDown(
    { transcriber: makeSlowTranscriber(clock, 5_000) },
    clock,
  );
  await passTime(fixture, ms, await sayWords(speech, adam, clock.nowMs()));
  await fixture.privacy.deny(toGuildId('g'), toPersonId('adam'));
  await passTime(fixture, 12_000);
  expect(listener.listEnds).toEqual(['(withdrawn)']);
});

test('words from before a lost link are still recognised', async () => {
  const { fixture, listener } = await takeDown();
  await hearSpeech(fixture, 1_500, speech);
  fixture.linkOpener.link.lose();
  await passTime(fixture, 3_000);
  expect([listener.listEnds, fixture.of('answered')]).toEqual([['five five'], []]);
});

test('words at the end of a session are reported as far as they were understood', async () => {
  const clock = new VirtualClock();
  const file = makeSlowTranscriber(clock, 100);
  const transcriber: Transcriber = {
    transcribe: (pcm, signal) => file.transcribe(pcm, signal),
    listen: (onPartial, signal) => {
      onPartial('five five');
      return openListening(file, onPartial, signal);
    },
  };
  const { fixture, listener } = await takeDown({ transcriber }, clock);
  await hearSpeech(fixture, 1_800, speech);
  await fixture.sessions.leave(toGuildId('g'));
  await passTime(fixture, 1_000);
  expect(listener.listEnds).toEqual(['five five']);
});

test.each([
  ['people among themselves', 'name', 0],
  ['questions to the bot', 'always', 24],
] as const)(
  '%s are sent in each pause, which is at most 1.5 times their speech, and are known soon after a microphone closes',
  async (_, addressing, answers) => {
    const clock = new VirtualClock();
    const transcriber = makeSlowTranscriber(clock, 120);
    const { fixture, listener } = await takeDown({ addressing, transcriber }, clock);
    await fixture.privacy.allow(toGuildId('g'), toPersonId('eva'));
    let knownAtMs = 0;
    listener.onWhole = () => {
      knownAtMs = clock.nowMs();
    };
    const names = ['human-librivox-0880', 'human-librivox-0930', 'human-something'];
    const closedMs: number[] = [];
    for (let n = 0; n < 24; n++) {
      const name = names[n % 3] ?? speech;
      const from = clock.nowMs();
      await passTime(
        fixture,
        8_000,
        await sayWords(name, n % 2 === 0 ? adam : eva, from),
      );
      const isClosedSoon = name === 'human-something';
      if (isClosedSoon) closedMs.push(knownAtMs - from - spanOf(name).speechEndMs);
    }
    expect(fixture.of('answered')).toHaveLength(answers);
    const sentMs = transcriber.heard.reduce((sum, pcm) => sum + getDurationMs(pcm), 0);
    const spokenMs = names
      .map((name) => spanOf(name))
      .reduce((sum, entry) => sum + 8 * (entry.speechEndMs - entry.speechStartMs), 0);
    expect(sentMs).toBeLessThanOrEqual(usualSentShare * spokenMs);
    expect(Math.max(...closedMs)).toBeLessThan(300);
  },
);

function spanOf(name: string) {
  return recordings.find(({ file }) => file === `${name}.wav`) ?? expect.fail();
}
