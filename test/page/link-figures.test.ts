import { expect, test } from 'vitest';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';
import { LinkFigureLog } from '#src/web/page/link-figures.ts';
import { ProviderStates } from '#src/web/page/provider-states.ts';
import { StageHistory } from '#src/web/page/stage-history.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

/** A spoken question whose answer began `ms` after its last word. */
function answered(ms: number, typed = false): SessionEvent {
  return {
    kind: 'answered',
    speakerId: 'adam',
    name: 'Adam',
    text: 'yes',
    heardText: 'yes',
    finish: 'completed',
    vainShare: 0,
    ...(typed && { typed: true as const }),
    instants: { heardAtMs: 0, endedAtMs: 100, firstSentAtMs: ms },
  };
}

test('a link is told of with its age, its counts, and what was lost and late in the last five minutes', async () => {
  const clock = new VirtualClock();
  const links = new LinkFigureLog(clock);
  const packets = {
    ...{ heard: 97, lost: 3, late: 0, duplicate: 0, reordered: 0 },
    ...{ crowded: 0, sealed: 0, undecodable: 0, concealed: 0 },
  };
  links.made('g', { counts: () => ({ sent: 7 }) });
  links.report('g', { kind: 'stream', speakerId: 'adam', packets, jitterMs: 12 });
  links.report('g', { kind: 'stream', speakerId: 'eva', packets, jitterMs: 3 });
  await clock.advance(1_000);
  const heard = { lossShare: 0.03, jitterMs: 12 };
  expect(links.figures('g')).toEqual({ ageMs: 1_000, counts: { sent: 7 }, ...heard });
  expect(links.figures('h')).toEqual({});
  links.closed('g');
  await clock.advance(300_000);
  expect(links.figures('g')).toEqual({});
});

test('stages of spoken answers are told in periods of five minutes for twelve hours', async () => {
  const clock = new VirtualClock();
  const history = new StageHistory(clock);
  const startWallMs = clock.wallMs();
  history.report('g', answered(300));
  history.report('g', answered(500));
  history.report('g', answered(9_000, true));
  await clock.advance(6 * 60_000);
  history.report('h', answered(700));
  const firstSent = history.periods().map(({ stages }) => stages.firstSentMs);
  expect(firstSent).toEqual([
    { p50Ms: 300, p95Ms: 500 },
    { p50Ms: 700, p95Ms: 700 },
  ]);
  expect(history.periods('g')).toMatchObject([{ startWallMs, turns: 2 }]);
  await clock.advance(12 * 3_600_000 + 1);
  expect(history.periods()).toEqual([]);
});

test('of many turns the oldest are forgotten', () => {
  const history = new StageHistory(new VirtualClock());
  for (let turn = 0; turn < 10_000; turn++) history.report('g', answered(300));
  expect(history.periods()[0]?.turns).toBeLessThanOrEqual(4_000);
});

test('a role is told of as served, badly served, stood in for, and served again', () => {
  const providers = new ProviderStates();
  const [role, provider, code] = ['chat', 'api.example', 'provider.late'] as const;
  const view = () => providers.views().find((one) => one.role === role);
  expect(view()).toEqual({ role, state: 'works', breakers: [] });
  providers.report({ kind: 'failed', role, provider, code, message: 'It is late.' });
  expect(view()).toMatchObject({ role, state: 'fails', provider, code });
  providers.report({ kind: 'fallback-on', role, from: provider, to: 'localhost' });
  expect(view()).toMatchObject({ role, state: 'stood-in', provider, standsIn: 'localhost', code });
  providers.report({ kind: 'mended', role, provider });
  providers.report({ kind: 'fallback-off', role, back: provider });
  expect(view()).toEqual({ role, state: 'works', breakers: [] });
});

test('each provider that can serve a role is told of with its breaker', () => {
  const [role, provider, code] = ['chat', 'api.example', 'provider.late'] as const;
  const resting = { provider, state: 'open', restMs: 4_000, code } as const;
  const other = { provider: 'localhost', state: 'closed' } as const;
  const breakers = [resting, other].map((one) => ({ role, ...one }));
  const views = new ProviderStates().views(breakers);
  expect(views.map((one) => one.breakers)).toEqual([[], [resting, other], []]);
});
