import { expect, test } from 'vitest';
import type { DesiredMessage, DisplayOutcome } from '#src/conversation/ports/desired-message.ts';
import { ChannelOutbox } from '#src/discord/captions/channel-outbox.ts';
import type { MessageOperation, MessageResult } from '#src/discord/captions/message-requests.ts';
import { refusal } from '#test/discord/setup/refusals.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const answerMs = 120;

/** One chat over a Discord that takes notes, answers after 120 ms, and fails as `failures` say, one request each. */
function open() {
  const timing = new SteppedTiming();
  const sent: (MessageOperation & { readonly atMs: number })[] = [];
  const failures: unknown[] = [];
  const outcomes: DisplayOutcome[] = [];
  const standing = new Map<string, string>();
  const answered = (operation: MessageOperation): MessageResult => {
    if (operation.kind === 'edit') return { kind: 'edited' };
    if (operation.kind === 'delete') return { kind: 'deleted' };
    const isThere = [...standing].find(
      ([, text]) => 'text' in operation && text === operation.text,
    );
    if (operation.kind === 'find') {
      const messageId = isThere?.[0];
      if (messageId === undefined) return { kind: 'not-found' };
      return { kind: 'posted', place: { channelId: 'c', messageId }, text: operation.text };
    }
    const messageId = `m${standing.size + 1}`;
    standing.set(messageId, operation.message.text);
    return { kind: 'posted', place: { channelId: 'c', messageId }, text: operation.message.text };
  };
  const requests = {
    async perform(operation: MessageOperation) {
      sent.push({ ...operation, atMs: timing.nowMs() });
      const failure = failures.shift();
      await new Promise<void>((resolve) => void timing.later(answerMs, resolve));
      if (failure) throw failure;
      return answered(operation);
    },
    async unarchive() {},
  };
  const outbox = new ChannelOutbox('c', requests, timing);
  const chat = outbox.open();
  chat.onOutcome((outcome) => outcomes.push(outcome));
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 10) {
      timing.passMs(10);
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
  };
  const show = (key: string, text: string, more: Partial<DesiredMessage> = {}) =>
    chat.show({ key, text, urgency: 'whole', ...more });
  const steps = () =>
    sent.map((each) => `${each.kind} ${'message' in each ? each.message.text : each.key}`);
  const reported = () => outcomes.map(({ kind, key }) => `${kind} ${key}`);
  return { outbox, chat, show, sent, steps, reported, outcomes, failures, standing, pass, timing };
}

test('a message is posted once and then edited, and what waits is replaced by what is newer', async () => {
  const { show, pass, steps, outcomes } = open();
  show('a', 'one');
  await pass(10);
  show('a', 'two');
  show('a', 'three');
  await pass(300);
  show('a', 'four');
  await pass(300);
  expect(steps()).toEqual(['post one', 'edit three', 'edit four']);
  const place = { channelId: 'c', messageId: 'm1' };
  expect(outcomes.at(-1)).toMatchObject({ kind: 'shown', key: 'a', place, text: 'four' });
});

test('a message that was posted by a former run is edited in its place, and deleted by an empty text', async () => {
  const { show, pass, sent, reported } = open();
  const place = { channelId: 'c', messageId: 'old' };
  show('a', 'again', { place });
  show('b', '', { place: { channelId: 'c', messageId: 'older' } });
  await pass(500);
  expect(sent).toMatchObject([{ kind: 'edit', place }, { kind: 'delete' }]);
  expect(reported().toSorted()).toEqual(['deleted b', 'shown a']);
});

test.each([
  ['a broken network', new Error('socket hang up')],
  ['an error of Discord', refusal(503, 0)],
])(
  'after %s a message is looked for, and posted under its nonce with the newest text',
  async (_, failure) => {
    const { show, pass, sent, steps, failures, reported } = open();
    failures.push(failure, failure);
    show('a', 'one');
    await pass(300);
    show('a', 'two');
    await pass(5_000);
    expect(steps()).toEqual(['post one', 'find a', 'find a', 'post two']);
    const nonces = sent.flatMap((each) => ('nonce' in each ? [each.nonce] : []));
    expect(new Set(nonces).size).toBe(1);
    expect(nonces[0]).toMatch(/^.{25}$/);
    expect(reported()).toEqual(['shown a']);
  },
);

test('after a long outage a message that came through is found, and one that did not is posted once', async () => {
  const { show, pass, steps, failures, standing, outcomes } = open();
  const cut = new Error('socket hang up');
  failures.push(cut, ...Array.from({ length: 7 }, () => cut));
  show('a', 'came through');
  await pass(130);
  standing.set('m9', 'came through');
  await pass(120_000);
  expect(steps().filter((step) => step.startsWith('post'))).not.toHaveLength(0);
  expect(outcomes).toMatchObject([{ kind: 'shown', place: { messageId: 'm9' } }]);
  expect(standing.size).toBe(1);
  standing.delete('m9');
  failures.push(...Array.from({ length: 8 }, () => cut));
  show('b', 'did not');
  await pass(120_000);
  expect([...standing.values()]).toEqual(['did not']);
});

test.each([
  ['too-old', refusal(400, 30_046), [{ kind: 'too-old', key: 'a' }]],
  ['gone', refusal(404, 10_008), [{ kind: 'gone', key: 'a', what: 'message' }]],
  ['refused', refusal(400, 50_035), [{ kind: 'refused', key: 'a', why: 'no (50035)' }]],
])('a change that Discord does not take ends as %s', async (_, failure, expected) => {
  const { show, pass, failures, outcomes, sent } = open();
  failures.push(failure);
  show('a', 'new', { place: { channelId: 'c', messageId: 'x' } });
  await pass(1_000);
  expect(outcomes).toEqual(expected);
  expect(sent).toHaveLength(1);
});

test.each([
  [404, 10_003, { kind: 'gone', what: 'chat' }],
  [403, 50_001, { kind: 'forbidden' }],
  [403, 50_013, { kind: 'forbidden' }],
])(
  'where the chat is closed (%i, %i) everything that waits ends, and nothing more is sent',
  async (status, code, expected) => {
    const { show, pass, failures, outcomes, sent } = open();
    failures.push(refusal(status, code));
    show('a', 'one');
    show('b', 'two');
    await pass(1_000);
    show('c', 'three');
    await pass(1_000);
    expect(outcomes).toEqual(['a', 'b', 'c'].map((key) => ({ ...expected, key })));
    expect(sent).toHaveLength(1);
  },
);

test('while Discord is away for an hour the newest text of each message is kept, and 1,000 messages at most', async () => {
  const { show, pass, failures, reported, standing, timing } = open();
  failures.push(
    ...Array.from({ length: 1_000 }, () => Object.assign(new Error('away'), { code: 'ENOTFOUND' })),
  );
  for (let n = 0; n < 1_002; n++) show(`${n}`, `old ${n}`);
  for (let n = 3; n < 1_002; n++) show(`${n}`, `new ${n}`);
  expect(reported()).toEqual(['refused 0', 'refused 1']);
  await pass(3_000);
  failures.length = 0;
  timing.passMs(30_000);
  await pass(8_000);
  expect([...standing.values()].slice(0, 3)).toEqual(['old 2', 'new 3', 'new 4']);
});

test('whole words never wait longer than 1.25 s, however many go on, and no window holds more than five edits', async () => {
  const { show, pass, sent, timing } = open();
  const place = (messageId: string) => ({ place: { channelId: 'c', messageId } });
  const waits: number[] = [];
  for (let n = 0; n < 40; n++) {
    show('words', `words ${n}`, { urgency: 'partial', ...place('w') });
    if (n % 4 === 3) {
      const atMs = timing.nowMs();
      const count = sent.length;
      show('whole', `whole ${n}`, place('x'));
      for (
        let ms = 0;
        ms < 1_500 && !sent.slice(count).some((one) => one.key === 'whole');
        ms += 10
      )
        await pass(10);
      waits.push((sent.findLast((one) => one.key === 'whole')?.atMs ?? Infinity) - atMs);
    }
    await pass(300);
  }
  expect(Math.max(...waits)).toBeLessThanOrEqual(1_250);
  const first = sent.filter((_, n) => n % 5 === 0).map(({ atMs }) => atMs);
  expect(Math.min(...first.slice(1).map((atMs, n) => atMs - (first[n] ?? 0)))).toBeGreaterThan(
    4_900,
  );
});
