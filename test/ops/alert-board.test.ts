import { PassThrough } from 'node:stream';
import type { AlertChange, FeatureAlert } from '#src/base/alerts.ts';
import { toGuildId } from '#src/base/ids.ts';
import { AlertBoard } from '#src/ops/alert-board.ts';
import { openLog } from '#src/ops/log.ts';
import { type Metrics, openMetrics } from '#src/ops/metrics/metrics.ts';
import { toLogged } from '#test/fakes/to-logged.ts';

const raised: AlertChange = {
  kind: 'alert',
  name: 'link-down',
  state: 'raised',
  cause: toLogged('no answer for 10 s'),
};
const cleared: AlertChange = {
  ...raised,
  state: 'cleared',
  cause: toLogged('answered again'),
};

function boardOf(metrics: Metrics, declared: readonly FeatureAlert[] = []) {
  const lines: Record<string, unknown>[] = [];
  const to = new PassThrough();
  to.on('data', (line) => lines.push(JSON.parse(`${line}`)));
  return {
    board: new AlertBoard(openLog('info', [], to), metrics.meters, declared),
    lines,
  };
}

test('an alert that is raised twice is told once, and again after it was cleared', async () => {
  using metrics = openMetrics(() => true);
  const { board, lines } = boardOf(metrics);
  for (const change of [raised, raised, cleared, cleared, raised])
    board.report(change, toGuildId('guild-1'));
  expect(lines.map(({ msg }) => `${msg}`.split(':')[0])).toEqual([
    'alert raised',
    'alert cleared',
    'alert raised',
  ]);
  expect(lines[0]).toMatchObject({
    alert: 'link-down',
    guildId: 'guild-1',
    cause: raised.cause,
  });
  expect((await metrics.page()).text).toContain('parley_alerts_link_down 1');
});

test('the alerts of a channel end when it is left, those of others stay', () => {
  using metrics = openMetrics(() => true);
  const { board } = boardOf(metrics);
  board.report(raised, toGuildId('guild-1'));
  board.report(raised, toGuildId('guild-2'));
  board.report({ ...raised, name: 'store-unwritten' });
  board.forget(toGuildId('guild-1'));
  expect(board.raised.map(({ name, guildId }) => [name, guildId])).toEqual([
    ['link-down', 'guild-2'],
    ['store-unwritten', undefined],
  ]);
  expect(board.isRaised('store-unwritten')).toBe(true);
  expect(board.isRaised('event-loop-delayed')).toBe(false);
});

test('an alert lasts for the operator until no channel has it', () => {
  using metrics = openMetrics(() => true);
  const told: unknown[] = [];
  const notices = {
    report: () => undefined,
    reportFault: (key: string, alert?: FeatureAlert) => told.push([key, alert?.name]),
  };
  const board = new AlertBoard(openLog('silent', []), metrics.meters, [], notices);
  for (const guildId of ['guild-1', 'guild-2'])
    board.report(raised, toGuildId(guildId));
  for (const guildId of ['guild-1', 'guild-2'])
    board.report(cleared, toGuildId(guildId));
  const [on, off] = [
    ['link-down ', 'link-down'],
    ['link-down ', undefined],
  ];
  expect(told).toEqual([on, on, on, off]);
});

test('each background task that fails has an alert of its own', () => {
  using metrics = openMetrics(() => true);
  const { board, lines } = boardOf(metrics);
  const expiry = toLogged('expiry');
  const failing: AlertChange = { ...raised, name: 'task-failing' };
  board.report({ ...failing, task: expiry, error: new Error('broken') });
  board.report({ ...failing, task: toLogged('reminders') });
  board.report({ ...failing, task: expiry, state: 'cleared' });
  expect(board.raised.map(({ task }) => task)).toEqual(['reminders']);
  expect(lines[0]).toMatchObject({ task: 'expiry', err: { message: 'broken' } });
});

test('an alert that a feature declares is logged with its meaning, and counted from the start', async () => {
  using metrics = openMetrics(() => true);
  const full = {
    name: 'notes-full',
    meaning: 'no more notes are kept',
    action: 'Delete some.',
  };
  const { board, lines } = boardOf(metrics, [full]);
  expect((await metrics.page()).text).toContain('parley_alerts_notes_full 0');
  board.report(
    { kind: 'alert', of: full, state: 'raised', cause: toLogged('100 notes') },
    toGuildId('guild-1'),
  );
  expect(lines[0]).toMatchObject({
    alert: 'notes-full',
    msg: 'alert raised: no more notes are kept. Delete some.',
  });
  expect((await metrics.page()).text).toContain('parley_alerts_notes_full 1');
  board.forget(toGuildId('guild-1'));
  expect(board.raised).toEqual([]);
});
