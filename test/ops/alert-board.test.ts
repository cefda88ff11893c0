import { readdirSync, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { type AlertChange, alerts, type FeatureAlert } from '#src/base/alerts.ts';
import { errorCodes } from '#src/base/errors.ts';
import { toGuildId } from '#src/base/ids.ts';
import { AlertBoard } from '#src/ops/alert-board.ts';
import { openLog } from '#src/ops/log.ts';
import { type Metrics, openMetrics } from '#src/ops/metrics/metrics.ts';
import {
  OperatorNotices,
  type TroubleKind,
  toNotice,
} from '#src/ops/operator-notices.ts';
import { toLogged } from '#test/fakes/to-logged.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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

/** Notices that `send` takes, on a clock that passes only when told to. */
function openNotices(
  send: (notice: string) => Promise<unknown> = async () => undefined,
) {
  const clock = new VirtualClock();
  const sent: string[] = [];
  const warned: unknown[] = [];
  const ending = new AbortController();
  const notices = new OperatorNotices({
    clock,
    log: { warn: (...line: unknown[]) => void warned.push(line) },
    send: (notice) => {
      sent.push(notice);
      return send(notice);
    },
    signal: ending.signal,
  });
  return {
    clock,
    ending,
    notices,
    sent,
    report: async (kind: TroubleKind | FeatureAlert) => {
      notices.report(kind);
      for (let n = 0; n < 10; n++) await turn();
    },
    warned,
  };
}

test('the operator is written to once for each kind and hour, with what to do', async () => {
  const { clock, sent, report } = openNotices();
  for (let n = 0; n < 100; n++) await report('store.unreadable');
  await report('bug');
  expect(sent).toEqual([
    expect.stringMatching(
      /cannot be read \(store\.unreadable\)\. Check the disk.*DATA_DIR/,
    ),
    expect.stringMatching(/\(bug\)\. Look for the error in the log/),
  ]);
  await clock.advance(3_599_000);
  await report('store.unreadable');
  expect(sent).toHaveLength(2);
  await clock.advance(1_000);
  await report('store.unreadable');
  expect(sent).toHaveLength(3);
});

test('an alert of a feature is written with the remedy that it declares, and without one only logged', async () => {
  const { sent, report } = openNotices();
  const full = {
    name: 'notes-full',
    meaning: 'no more notes are kept',
    action: 'Delete some.',
  };
  await report(full);
  await report({ ...full, remedy: 'Delete some.' });
  await report({ ...full, remedy: 'Delete some.' });
  expect(sent).toEqual([
    expect.stringMatching(
      /^Parley: no more notes are kept \(notes-full\)\. Delete some\. /,
    ),
  ]);
});

test('a fault of ten minutes is told in one notice, and its end in another', async () => {
  const { clock, notices, sent } = openNotices();
  const fault = {
    name: 'link-down',
    meaning: alerts['link-down'].meaning,
    action: 'Allow UDP.',
  };
  notices.reportFault('short', fault);
  notices.reportFault('long', fault);
  await clock.advance(300_000);
  notices.reportFault('short');
  notices.reportFault('long', fault);
  await clock.advance(300_000);
  expect(sent).toEqual([
    expect.stringMatching(/^Parley: for 10 minutes .*link-down.* Allow UDP\./),
  ]);
  notices.reportFault('long');
  await clock.advance(1);
  expect(sent[1]).toMatch(/^Parley: over: .*link-down/);
});

test('however much breaks while a notice hangs, each kind waits once, and nothing is sent after the end', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const { ending, sent, report } = openNotices(() => promise);
  const kinds = Object.keys(errorCodes) as TroubleKind[];
  for (let n = 0; n < 50; n++) for (const kind of kinds) void report(kind);
  await report('bug');
  expect(sent).toHaveLength(1);
  ending.abort();
  resolve();
  await report('bug');
  expect(sent).toHaveLength(1);
});

test('every trouble behind a sentence that says so is one that is written to the operator', () => {
  const folder = 'src/texts/en';
  const allTexts = readdirSync(folder).map((name) =>
    readFileSync(`${folder}/${name}`, 'utf8'),
  );
  expect(allTexts.join('').match(/I told the operator/g)).toHaveLength(8);
  const store = Object.keys(errorCodes).filter((code) => /^(store|tool)\./.test(code));
  for (const kind of [...store, 'discord.unsent', 'bug'])
    expect(toNotice(kind as TroubleKind), kind).toMatch(/^Parley: .{20,}/);
  const name = 'transcripts-unwritten';
  expect(toNotice({ name, ...alerts[name] })).toMatch(/^Parley: .{20,}/);
  expect(toNotice('provider.late')).toBeUndefined();
});
