import { readdirSync, readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { alerts, type FeatureAlert } from '#src/base/alerts.ts';
import { errorCodes } from '#src/base/errors.ts';
import {
  OperatorNotices,
  type TroubleKind,
  toNotice,
} from '#src/ops/operator-notices.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

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
