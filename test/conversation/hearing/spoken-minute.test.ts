import { audit } from '#commands/privacy/audit.ts';
import { getDurationMs } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { VoiceSession } from '#src/sessions/voice-session.ts';
import { openListening, usualSentShare } from '#src/speech/listen.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { formatText } from '#src/texts/texts.ts';
import { inLounge, makePorts, manager } from '#test/commands/command-ports.ts';
import { openRoom } from '#test/conversation/setup/open-room.ts';
import {
  adam,
  eva,
  hearSpeech,
  joinLounge,
  makePerson,
  type openSessionFixture,
  passTime,
  type SessionFixture,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openReplies } from '#test/fakes/opened-replies.ts';
import { RecordedUtterances } from '#test/fakes/speakers/recorded-utterances.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import recordings from '#test/fixtures/speech/manifest.json' with { type: 'json' };

/** 3.6 s and 1.6 s, with their silence. */
const [longSpeech, shortSpeech] = ['human-cards-005', 'human-cards-004'] as const;
const nobodySpoke = 'In the last minute nobody whom I may hear spoke in Lounge.';
const heading = 'Spoken in the last minute in Lounge, of the people whom I may hear:';

/** Adam speaks for long, and Eva shortly, at once. */
async function openTalk() {
  const room = await openRoom();
  const fromMs = room.clock.nowMs();
  const spoken = await Promise.all([
    sayWords(longSpeech, adam, fromMs),
    sayWords(shortSpeech, eva, fromMs),
  ]);
  await passTime(room, 6_000, spoken.flat());
  return room;
}

/** Lines that a manager reads who asks who spoke. */
async function askWhoSpoke(
  { sessions }: Pick<SessionFixture, 'sessions'>,
  over: Parameters<typeof makePorts>[0] = {},
  call = manager,
) {
  const findSession = (): VoiceSession | undefined =>
    sessions.findSession(toGuildId('g'));
  const asked = { ...inLounge, ...call, inputs: { speaking: 'true' } };
  const replies = await audit.run(asked, makePorts({ findSession, ...over }));
  const [{ lines = [], to = 'caller', ...first }] = await openReplies(replies);
  expect(to).toBe('caller');
  return [first, ...lines].map(({ id, with: fields }) => formatText(id, fields));
}

test('a manager reads who spoke in the last minute, and for how many seconds, and nothing after it', async () => {
  const room = await openTalk();
  const [first, ...people] = await askWhoSpoke(room);
  expect(first).toBe(heading);
  expect(people).toEqual([
    expect.stringMatching(/^Adam: [234] s$/),
    expect.stringMatching(/^Eva: [12] s$/),
  ]);
  await passTime(room, 50_000);
  expect(await askWhoSpoke(room)).toHaveLength(3);
  await passTime(room, 12_000);
  expect(await askWhoSpoke(room)).toEqual([nobodySpoke]);
});

test('of a person who speaks on, only the last minute counts', async () => {
  const room = await openTalk();
  await passTime(room, 34_000);
  await passTime(room, 25_000, await sayWords(shortSpeech, adam, room.clock.nowMs()));
  expect(await askWhoSpoke(room)).toEqual([
    heading,
    expect.stringMatching(/^Adam: [12] s$/),
  ]);
});

test('who says no stands no longer among those who spoke, and who was never heard does not stand there', async () => {
  const room = await openTalk();
  const ben = makePerson('Ben');
  await passTime(room, 2_000, await sayWords(longSpeech, ben, room.clock.nowMs()));
  await room.privacy.deny(toGuildId('g'), adam.id);
  expect(await askWhoSpoke(room)).toEqual([
    heading,
    expect.stringMatching(/^Eva: [12] s$/),
  ]);
});

test('who spoke is told to managers alone, and only if they may open the channel', async () => {
  const room = await openTalk();
  expect(await askWhoSpoke(room, {}, inLounge)).toEqual([formatText('perm.manage')]);
  const barred = await askWhoSpoke(room, { canOpen: async () => false });
  expect(barred).toEqual([formatText('perm.room', { channel: 'Lounge' })]);
  const nowhere = await askWhoSpoke(room, { findSession: () => undefined });
  expect(nowhere).toEqual([formatText('leave.nowhere')]);
});

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
