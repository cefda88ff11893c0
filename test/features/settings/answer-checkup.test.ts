import { BotError } from '#src/base/errors.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { formatReport } from '#test/conversation/setup/script-requests.ts';
import {
  den,
  openCalled,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';

const points = [
  'permission',
  'voice link',
  'encryption',
  'decode',
  'recognise',
  'think',
  'speak',
  'playback',
];

/** Report of a check over so much time. */
async function checkAnswers(fixture: SessionFixture, ms = 2_000) {
  const checking = fixture.checkup.checkAnswers(
    toGuildId('g'),
    toPersonId('adam'),
    den,
  );
  if (fixture.linkOpener.links.length > 0) await passTime(fixture, ms);
  else await fixture.clock.advance(ms);
  return await checking;
}

test('a bot that sits in a channel and works passes all eight points, and a tone is heard', async () => {
  const fixture = await openCalled();
  let frames = 0;
  fixture.linkOpener.link.onLeft = () => void frames++;
  const { findings } = await checkAnswers(fixture);
  expect(formatReport({ findings })).toEqual(points.map((point) => `${point} ok`));
  expect(findings[2]?.reason).toBe('AES256-GCM, end to end');
  expect(frames).toBeGreaterThan(5);
  expect(frames).toBeLessThan(15);
});

test.each([
  [
    'provider.bad_key',
    {},
    'My key is refused, or its credit is used up: only my operator can mend that.',
  ],
  [
    'provider.rate_limited',
    { retryAfterMs: 6_200 },
    "I've asked for too much at once. I'm back in about 7 s.",
  ],
  ['provider.unreachable', {}, "Its server can't be reached."],
  ['speech.failed', {}, 'An internal error occurred.'],
] as const)(
  '%s is told with what to do, and without what the server said',
  async (code, about, why) => {
    const said = ['sk-canary said no', undefined, undefined, about] as const;
    const error = new BotError(code, true, ...said);
    const findFault = () => ({ afterPieces: 0, error });
    const fixture = await openCalled({
      synthesizer: new FakeSynthesizer({ fault: findFault }),
    });
    const report = await checkAnswers(fixture);
    expect(formatReport(report).slice(4)).toEqual([
      'recognise idle I can check this only once "speak" works.',
      'think ok',
      `speak bad ${why}`,
      'playback ok',
    ]);
    expect(JSON.stringify(report)).not.toContain('canary');
    expect(fixture.of('failed')).toMatchObject([{ stage: 'speak', code }]);
  },
);

test('nothing is waited for longer than eight seconds, and its work is ended', async () => {
  const synthesizer = new FakeSynthesizer({
    fault: () => ({ afterPieces: 1, error: 'stall' }),
  });
  const rounds = [[{ waitMs: 60_000 }, 'ok']];
  const fixture = await openCalled({ synthesizer, rounds });
  const startedMs = fixture.clock.nowMs();
  expect(formatReport(await checkAnswers(fixture, 9_000)).slice(5, 7)).toEqual([
    'think bad No answer in 8 s. Try again.',
    'speak bad No answer in 8 s. Try again.',
  ]);
  expect(fixture.clock.nowMs() - startedMs).toBeLessThan(9_500);
  expect(synthesizer.running).toBe(0);
});

test('a muted bot, and one whose link is away, say so', async () => {
  const fixture = await openCalled();
  fixture.sessions.onSeatChange(toGuildId('g'), { kind: 'muted', isOn: true });
  expect(formatReport(await checkAnswers(fixture)).at(-1)).toBe(
    "playback bad I can't speak now: I am muted, or my role lacks Speak. A moderator can change that, or invite me to speak on a stage. Until then I answer in writing.",
  );
  fixture.sessions.onSeatChange(toGuildId('g'), { kind: 'muted', isOn: false });
  fixture.linkOpener.failures.push(new BotError('link.lost', true, 'Gone.'));
  fixture.linkOpener.link.lose();
  await fixture.clock.advance(1);
  const report = await checkAnswers(fixture, 20);
  const away =
    'My voice connection does not work here, and I keep trying. If it lasts, use /leave and /join.';
  const pieces = ['voice link', 'encryption', 'playback'];
  expect(formatReport(report).filter((line) => line.includes('bad'))).toEqual(
    pieces.map((part) => `${part} bad ${away}`),
  );
});

test('a pipeline that hears and speaks is asked itself', async () => {
  const openPipeline = (name: string) => ({
    async *answer() {
      if (name === 'realtime')
        throw new BotError('provider.unreachable', true, 'Nobody there.');
      yield { kind: 'text', text: 'ok' } as const;
    },
  });
  const names = ['audio-model', 'realtime'] as const;
  const pipelines = { names, open: openPipeline, getEngineNames: () => '' };
  const fixture = await openCalled({ pipelines });
  expect(formatReport(await checkAnswers(fixture))[5]).toBe('think ok');
  await fixture.settings.setSetting(toGuildId('g'), 'pipeline', 'realtime');
  expect(formatReport(await checkAnswers(fixture))[5]).toBe(
    "think bad Its server can't be reached.",
  );
  expect(fixture.chat.asked).toEqual([]);
});
