import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Pcm } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { realClock } from '#src/base/clock.ts';
import { formatText } from '#src/texts/texts.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';
import { usualPace } from '#test/fakes/providers/mock-providers.ts';
import { openRecogniser } from '#test/fakes/recogniser/mock-recogniser.ts';
import { openTestPage } from '#test/sandbox/page/browser-client.ts';
import type { Stage } from '#test/scenarios/scene-stage.ts';
import type { SandboxScene, Scenes, Step } from '#test/scenarios/scene-types.ts';
import { getToolEndPath, makeToolSettings } from '#test/scenarios/setup/bot-setup.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callBot,
  expireSoon,
  hearAnswer,
  madeTexts,
  passSharedTime,
  retryUntilHeld,
  shownWords,
  toneOf,
  utteredBy,
} from '#test/scenarios/setup/scenario-setup.ts';

const replies = [
  { match: 'Adam: ', text: 'Yes, Adam.' },
  { match: 'Ben: ', text: 'No, Ben.' },
  { match: 'Cleo: ', text: 'Perhaps, Cleo.' },
];
const lounge = { channel: 'Lounge' };

/** The question whether the bot may go, which stands in the chat of its channel. */
const moveAskedIn = (channel: string) => (stage: Stage) =>
  stage.sandbox
    .messages(channel)
    .find((message) => message.text === formatText('move.ask'));
/** Samples of 20 ms. */
const frameSamples = 960;
const recogniser = openRecogniser();
/** A recogniser that hears only words that have ended. */
const honest = {
  hears: (pcm: Pcm) => recogniser.hearPcm(pcm),
  replies,
  pace: usualPace,
};

const microphones = [
  ['gate', 'human-cards-004', 'five five'],
  ['release', 'human-goforward', 'go forward ten meters'],
  ['open', 'synth-flite-slt-what-time-is-it', 'what time is it'],
] as const;

/** Everything is understood before anything is answered, and it is answered once. */
const answersOnce = (text: string): Step => ({
  [`Adam hears the answer to "${text}", once`]: async (stage) => {
    const { said, sinceMs } = stage.last('Adam');
    const waits = { sinceMs, quietMs: 1_000, timeoutMs: 20_000 };
    const heardStretch = await stage.person('Adam').listen(waits, expireSoon());
    expect(heardStretch.firstAudibleAtMs).toBeGreaterThan(
      said?.lastVoicedAtMs ?? expect.fail(),
    );
    expect(shownWords(stage).at(-1)).toBe(`Adam: ${text}`);
    expect(new Set(madeTexts(stage))).toEqual(new Set(['Yes, Adam.']));
    await expectAlike(heardStretch.pcm, toneOf(['Yes, Adam.']));
  },
});

/** Adam asks for a tool of a server that works until `endsTool`. */
const askedForSky: Pick<SandboxScene, 'environment' | 'providers'> = {
  environment: (_sandbox, _providers, dataDir) =>
    makeToolSettings(dataDir, { allow: ['linger'], effect: 'read' }),
  providers: {
    hears: 'How is the sky?',
    replies: [
      { match: 'the sky', call: { name: 'sky__linger', argumentsJson: '{}' } },
      { match: /^/, text: 'I looked.' },
    ],
  },
};
const asksForSky: readonly Step[] = [
  { see: ({ bot }) => bot.log.map(({ msg }) => msg), has: '1 tools are on' },
  { Adam: { calls: 'Lounge' } },
  { Adam: { says: 'human-cards-001' } },
];
const askAloud = (words: string): readonly Step[] => [
  { providers: { hears: words } },
  { Adam: { says: 'human-cards-001' } },
];
const endsTool = (failure = ''): Step => ({
  'the tool ends': ({ dataDir }) => writeFileSync(getToolEndPath(dataDir), failure),
});
const work = formatText('tool.external', { tool: 'sky: linger' });
const listSaid = (stage: Stage) => madeTexts(stage).join(' ');

/** What a first talk needs. */
export const talkScenes: Scenes = {
  'whoever calls the bot and speaks hears an answer, end-to-end encrypted': {
    steps: [
      { Adam: { joins: 'Lounge' } },
      {
        Adam: {
          runs: '/join',
          reads: { has: `${formatText('join.ok', lounge)}\n`, to: 'all' },
          last: {
            is: `${formatText('consent.brief')}\n${formatText('panel.privacy')}`,
            to: 'caller',
          },
        },
      },
      { Adam: { settles: true, understands: 'human-goforward' } },
      {
        see: ({ last }) => last('Adam').exchange?.heard,
        fits: { openFrames: 0, ended: 'quiet' },
      },
      {
        Adam: {
          runs: '/leave',
          reads: { has: /^Left Lounge after \d+ s\.$/, to: 'all' },
        },
      },
      { see: ({ sandbox }) => sandbox.bot(), is: { online: true, channel: undefined } },
    ],
  },
  'two people who speak at once are told apart, and both are answered': {
    providers: { replies },
    steps: [
      { Adam: { calls: 'Lounge' } },
      { Ben: { calls: 'Lounge' } },
      { Adam: { settles: true } },
      {
        together: [
          [{ Adam: { says: 'human-cards-004' } }],
          [{ Ben: { says: 'human-digits-2934z' } }],
        ],
      },
      { see: madeTexts, has: ['Yes, Adam.', 'No, Ben.'] },
      { Adam: { hears: 'everything' } },
      { Ben: { hears: 'everything' } },
      {
        'the recogniser was given the words of each alone': async (stage) => {
          await expectAlike(utteredBy(stage, 'Adam'), readSpeech('human-cards-004'));
          await expectAlike(utteredBy(stage, 'Ben'), readSpeech('human-digits-2934z'));
        },
      },
    ],
  },
  'somebody talks through a page, and hears the answer there': {
    providers: honest,
    steps: [{ 'Adam talks through a page': talksThroughPage }],
  },
};

/** Scenes of talk that the long tests play. */
export const furtherTalkScenes: Scenes = {
  'a bot in company stays with it, and goes where it is called when alone': {
    providers: { replies },
    steps: [
      { Adam: { calls: 'Lounge' } },
      { Cleo: { runs: '/join', reads: { is: formatText('join.none') } } },
      { Cleo: { runs: '/leave', reads: { is: formatText('perm.room', lounge) } } },
      {
        Cleo: {
          joins: 'Workshop',
          runs: '/join',
          reads: {
            is: `${formatText('perm.room', lounge)}\n${formatText('move.asked', { n: 10 })}`,
          },
        },
      },
      { Adam: { leaves: true } },
      {
        Cleo: {
          runs: '/join',
          reads: { has: formatText('join.ok', { channel: 'Workshop' }) },
        },
      },
      { Cleo: { settles: true, understands: 'human-goforward' } },
    ],
  },
  'a bot that is called away goes once everybody with whom it sits has pressed Move': {
    providers: { replies },
    steps: [
      { Adam: { calls: 'Lounge' } },
      {
        Cleo: {
          joins: 'Workshop',
          runs: '/join',
          reads: { has: formatText('move.asked', { n: 10 }) },
        },
      },
      { see: moveAskedIn('Lounge'), keep: 'asked' },
      {
        Adam: {
          presses: [0, 'asked'],
          reads: { is: formatText('moved', { channel: 'Workshop' }) },
        },
      },
      { Cleo: { settles: true, understands: 'human-goforward' } },
    ],
  },
  'behind no kind of microphone anybody is cut off or missed': {
    providers: honest,
    steps: [
      { Adam: { calls: 'Lounge' } },
      ...microphones.flatMap(([profile, clip, words]): Step[] => [
        { Adam: { uses: { profile }, says: clip } },
        answersOnce(words),
      ]),
    ],
  },
  'a recogniser on a live connection hears while somebody speaks': {
    environment: { TRANSCRIPTION_BACKEND: 'realtime' },
    providers: { ...honest, realtime: { recogniseMs: usualPace.recogniseMs } },
    steps: [
      { Adam: { calls: 'Lounge' } },
      {
        together: [
          [{ Adam: { says: 'human-goforward' } }],
          [
            { see: hasLiveSound, is: true },
            { see: ({ last }) => last('Adam').said, is: undefined },
          ],
        ],
      },
      { Adam: { hears: ['Yes, Adam.'] } },
      { see: (stage) => shownWords(stage).at(-1), has: /^Adam: go / },
      {
        see: ({ providers }) => providers.requests.map((request) => request.endpoint),
        lacks: 'transcriptions',
      },
    ],
  },
  'a live model is asked by voice, hands work over, and is heard': {
    environment: (_, { baseUrl }) => ({ PIPELINE: 'live', LIVE_BASE_URL: baseUrl }),
    providers: { ...honest, live: { delegates: true } },
    steps: [
      { Adam: { calls: 'Lounge' } },
      { Adam: { says: 'human-goforward' } },
      { Adam: { hears: ['Yes, Adam.'] } },
      { see: ({ providers }) => providers.live.length, is: 1 },
      {
        see: ({ providers }) => providers.live[0]?.commands.map(({ type }) => type),
        has: ['session.start', 'session.commentary.append'],
      },
    ],
  },
  'what a tool does is said once, a low sound follows, questions about it need no model, and a late result comes by itself':
    {
      ...askedForSky,
      steps: [
        ...asksForSky,
        { see: listSaid, is: work },
        { passes: 5_000 },
        { 'the low sound goes on': expectLowSound },
        { see: listSaid, is: work },
        ...askAloud('What are you doing?'),
        { see: listSaid, has: /It has taken \d+ seconds so far/ },
        ...askAloud('How long?'),
        { see: listSaid, has: /I give up in \d+ seconds at the latest/ },
        { passes: 5_000 },
        { see: listSaid, has: 'I looked.' },
        endsTool(),
        { see: listSaid, has: 'Here is what you asked for' },
        { see: listSaid, has: 'Rain from noon on.' },
        { see: shownWords, lacks: ['are you doing', 'How long'] },
      ],
    },
  'a tool that fails is said to have failed, and why; "stop that" ends one, whose result nobody hears':
    {
      ...askedForSky,
      steps: [
        ...asksForSky,
        { see: listSaid, is: work },
        ...askAloud('Stop that!'),
        { passes: 1_000 },
        endsTool('No such sky.'),
        { passes: 5_000 },
        { see: listSaid, is: work },
        ...askAloud('How is the sky?'),
        { see: listSaid, has: 'sky: linger: that did not work. No such sky.' },
        { see: listSaid, has: 'I looked.' },
      ],
    },
};

/** Most of the last 2 s were not silent. */
function expectLowSound({ person }: Stage) {
  const fromMs = realClock.nowMs() - 2_000;
  const { frames } = person('Adam').heard;
  const audible = frames.filter((frame) => frame.audible && frame.atMs > fromMs);
  expect(audible.length).toBeGreaterThan(50);
}

/** The recogniser has 300 ms of somebody's speech. */
function hasLiveSound({ providers }: Stage) {
  return providers.realtime.calls.some(({ soundMs }) => soundMs > 300);
}

async function talksThroughPage(stage: Stage) {
  await using opened = await openTestPage(stage.sandbox, 'Adam');
  const adam = stage.person('Adam');
  const tab = await opened.open('a');
  expect(await tab.ask({ kind: 'join', channel: 'Lounge' })).toMatchObject({
    ok: true,
  });
  await callBot(stage, adam);
  const sound = await opened.openSound('a');
  const sinceMs = realClock.nowMs();
  const { samples } = resamplePcm(readSpeech('human-cards-004'), 48_000);
  for (let at = 0; at + frameSamples <= samples.length; at += frameSamples) {
    sound.send(2, new Uint8Array(samples.slice(at, at + frameSamples).buffer));
    await passSharedTime(
      Math.max(0, sinceMs + (at + frameSamples) / 48 - realClock.nowMs()),
    );
  }
  await retryUntilHeld(() => expect(shownWords(stage).at(-1)).toBe('Adam: five five'));
  await hearAnswer(adam, sinceMs);
  const heardSounds = sound.heard.filter((frame) => frame.readDoubleLE(5) >= sinceMs);
  await expectAlike(soundOf(heardSounds), toneOf(['Yes, Adam.']));
  expect(adam.countVoicePackets()).toMatchObject({ unheardPackets: 0 });
  expect(tab.ofKind('speaks')).toContainEqual({
    kind: 'speaks',
    who: 'Adam',
    on: true,
  });
  await adam.settled(expireSoon());
}

/** Sound that the page plays, one frame after the other. */
function soundOf(frames: readonly Buffer[]): Pcm {
  const samples = frames.flatMap((frame) =>
    Array.from({ length: frameSamples }, (_, at) => frame.readInt16LE(13 + at * 2)),
  );
  return { samples: Int16Array.from(samples), rateHz: 48_000, channels: 1 };
}
