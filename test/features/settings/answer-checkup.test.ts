import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type {
  CheckPoint,
  CheckReport,
} from '#src/conversation/ports/setting-and-check-outcomes.ts';
import { text } from '#src/texts/texts.ts';
import {
  adam,
  den,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  places,
  type SessionFixture,
  talkative,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { fineFacts } from '#test/fakes/channel-facts.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const points: readonly CheckPoint[] = [
  'permission',
  'link',
  'encryption',
  'decode',
  'recognise',
  'think',
  'speak',
  'playback',
];

async function called(over: FixtureOptions = {}, clock?: VirtualClock): Promise<SessionFixture> {
  const fixture = openSessionFixture(over, [adam], clock);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  return fixture;
}

/** Report of a check over so much time. */
async function checked(fixture: SessionFixture, ms = 2_000): Promise<CheckReport> {
  const checking = fixture.checkup.check('g', 'adam', den);
  if (fixture.linkOpener.links.length > 0) await pass(fixture, ms);
  else await fixture.clock.advance(ms);
  return await checking;
}

/** Point, kind and the sentence that tells why. */
function reportOf({ findings }: CheckReport): string[] {
  return findings.map((one) => {
    const why = 'line' in one ? ` ${text(one.line.id, one.line.with)}` : '';
    return `${one.point} ${one.kind}${why}`;
  });
}

test('a bot that sits in a channel and works passes all eight points, and a tone is heard', async () => {
  const fixture = await called();
  let frames = 0;
  fixture.linkOpener.link.onLeft = () => void frames++;
  const { findings, news } = await checked(fixture);
  expect(findings.map(({ point }) => point)).toEqual(points);
  expect(reportOf({ findings, news })).toEqual(points.map((point) => `${point} ok`));
  expect(findings[2]).toMatchObject({
    detail: { id: 'check.end_to_end', with: { cipher: 'AES256-GCM' } },
  });
  expect(frames).toBeGreaterThan(5);
  expect(frames).toBeLessThan(15);
});

test('the tone comes whatever the volume of cues', async () => {
  const fixture = await called();
  await fixture.settings.set('g', 'cues', 'off');
  const { findings } = await checked(fixture);
  expect(findings.at(-1)).toMatchObject({ point: 'playback', kind: 'ok' });
});

test('the sentence it speaks is what it listens to, in the voice of the server', async () => {
  const transcriber = new FakeTranscriber({ texts: ['one two three'] });
  const fixture = await called({ transcriber });
  await fixture.settings.set('g', 'voice', 'rms');
  await checked(fixture);
  expect(fixture.synthesizer.asked.at(-1)).toEqual({
    text: 'one two three',
    voice: { name: 'rms' },
  });
  expect(transcriber.heard).toHaveLength(1);
  expect(transcriber.heard[0]).toMatchObject({ rateHz: 16_000, channels: 1 });
});

test('where it sits nowhere the caller’s channel is looked at, and the rest is tried all the same', async () => {
  const fixture = openSessionFixture();
  expect(reportOf(await checked(fixture))).toEqual([
    'permission ok',
    "link idle I'm in no voice channel here: run /join, then check again.",
    "encryption idle I'm in no voice channel here: run /join, then check again.",
    'decode ok',
    'recognise ok',
    'think ok',
    'speak ok',
    "playback idle I'm in no voice channel here: run /join, then check again.",
  ]);
});

test('a channel it may not speak in is named', async () => {
  const facts = () => ({ ...fineFacts, maySpeak: false });
  const fixture = openSessionFixture({ places: { ...places, facts } });
  const { findings } = await checked(fixture);
  const [permission] = findings;
  expect(permission).toEqual({
    point: 'permission',
    kind: 'barred',
    channel: den,
    verdict: { kind: 'no-speak' },
  });
});

test.each([
  [
    'provider.bad_key',
    { provider: 'host:1' },
    'host:1 refused my key: only my operator can replace it.',
  ],
  [
    'provider.rate_limited',
    { provider: 'host:1', retryAfterMs: 6_200 },
    'host:1 is rate-limiting me. Back in about 7 s.',
  ],
  ['provider.spent', { provider: 'host:1' }, 'The credit of my operator at host:1 is used up.'],
  ['provider.unreachable', { provider: 'host:1' }, "host:1 can't be reached."],
  ['provider.refused', { provider: 'host:1' }, 'host:1 refused the request.'],
  ['provider.wrong_type', { provider: 'host:1' }, 'The answer has nothing I can use.'],
  ['speech.failed', {}, 'The built-in engine failed.'],
] as const)(
  '%s is told with what to do, and without what the server said',
  async (code, about, why) => {
    const error = new BotError(code, true, 'sk-canary said no', undefined, undefined, about);
    const synthesizer = new FakeSynthesizer({ fault: () => ({ afterPieces: 0, error }) });
    const fixture = await called({ synthesizer });
    const report = await checked(fixture);
    expect(reportOf(report).slice(4)).toEqual([
      'recognise idle This check needs speech: see speak.',
      'think ok',
      `speak bad ${why}`,
      'playback ok',
    ]);
    expect(JSON.stringify(report)).not.toContain('canary');
    expect(fixture.of('failed')).toMatchObject([{ stage: 'speak', code }]);
  },
);

test('a bug is told as one', async () => {
  const synthesizer = new FakeSynthesizer({
    fault: () => ({ afterPieces: 0, error: new TypeError('undefined is not a voice') }),
  });
  const fixture = await called({ synthesizer });
  const report = await checked(fixture);
  expect(reportOf(report)[6]).toBe('speak bad An internal error occurred.');
  expect(fixture.of('failed')).toMatchObject([{ code: 'bug' }]);
});

test('a recogniser that understands nothing and a model that writes nothing do not pass', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({ texts: [' '] });
  const fixture = await called({ transcriber, chat: new FakeChat([[]], clock) }, clock);
  expect(reportOf(await checked(fixture)).slice(4, 6)).toEqual([
    'recognise bad The answer has nothing I can use.',
    'think bad The answer has nothing I can use.',
  ]);
});

test('nothing is waited for longer than eight seconds, and its work is ended', async () => {
  const clock = new VirtualClock();
  const synthesizer = new FakeSynthesizer({ fault: () => ({ afterPieces: 1, error: 'stall' }) });
  const chat = new FakeChat([[{ waitMs: 60_000 }, 'ok']], clock);
  const fixture = await called({ synthesizer, chat }, clock);
  const startedMs = clock.nowMs();
  const report = await checked(fixture, 9_000);
  expect(reportOf(report).slice(5, 7)).toEqual([
    'think bad No answer in 8 s. Try again.',
    'speak bad No answer in 8 s. Try again.',
  ]);
  expect(clock.nowMs() - startedMs).toBeLessThan(9_500);
  expect(synthesizer.running).toBe(0);
});

test('a muted bot, and one whose link is away, say so', async () => {
  const fixture = await called();
  fixture.sessions.news('g', { kind: 'muted', on: true });
  expect(reportOf(await checked(fixture)).at(-1)).toBe(
    "playback bad I'm muted here; ask a moderator to unmute me.",
  );
  fixture.sessions.news('g', { kind: 'muted', on: false });
  fixture.linkOpener.failures.push(new BotError('link.lost', true, 'Gone.'));
  fixture.linkOpener.link.lose();
  await fixture.clock.advance(1);
  const report = await checked(fixture, 20);
  const away = 'The voice link is down and I am reconnecting. If that lasts, run /leave and /join.';
  const bad = [`link bad ${away}`, `encryption bad ${away}`, `playback bad ${away}`];
  expect(reportOf(report).filter((line) => line.includes('bad'))).toEqual(bad);
});

test('while it speaks no tone is played, and that it is heard is proof enough', async () => {
  const fixture = openSessionFixture({ pipeline: talkative(30) }, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 4_000, await words('human-cards-004', adam, fixture.clock.nowMs() + 100));
  const { findings } = await checked(fixture, 4_000);
  expect(findings.at(-1)).toMatchObject({ kind: 'ok', detail: { id: 'check.speaking' } });
});

test('two who check at once get one report, and nothing is asked twice', async () => {
  const fixture = await called();
  const [one, other] = [fixture.checkup.check('g', 'adam'), fixture.checkup.check('g', 'eva')];
  await pass(fixture, 1_000);
  expect(await one).toBe(await other);
  expect(fixture.synthesizer.asked).toHaveLength(1);
  await checked(fixture);
  expect(fixture.synthesizer.asked).toHaveLength(2);
});

test('models that are gone or about to go are named', async () => {
  const modelNews = () =>
    [
      { role: 'SPEECH', model: 'tts-1', kind: 'gone', onDate: '2026-01-06', successor: 'tts-9' },
      { role: 'CHAT_COMPLETION', model: 'gpt-x', kind: 'ending', onDate: '2027-01-06' },
      { role: 'TRANSCRIPTION', model: 'hears', kind: 'unlisted' },
    ] as const;
  const { news } = await checked(await called({ modelNews }));
  expect(news.map(({ id, with: filling }) => text(id, filling))).toEqual([
    'The model tts-1 was shut down on 2026-01-06: my operator has to choose another.',
    'The model gpt-x ends on 2027-01-06: my operator has to choose another.',
    'The server does not list the model hears: my operator has to choose another.',
  ]);
});

test('a pipeline that hears and speaks is asked itself, and closed again', async () => {
  let closed = 0;
  const open = (name: string) => ({
    async *answer() {
      if (name === 'realtime') throw new BotError('provider.unreachable', true, 'Nobody there.');
      yield { kind: 'text', text: 'ok' } as const;
    },
    [Symbol.dispose]: () => void closed++,
  });
  const names = ['audio-model', 'realtime'] as const;
  const pipelines = { names, open, engine: () => '' };
  const fixture = await called({ pipelines });
  expect(reportOf(await checked(fixture))[5]).toBe('think ok');
  await fixture.settings.set('g', 'pipeline', 'realtime');
  expect(reportOf(await checked(fixture))[5]).toBe("think bad localhost:1 can't be reached.");
  expect([closed, fixture.chat.asked]).toEqual([2, []]);
});
