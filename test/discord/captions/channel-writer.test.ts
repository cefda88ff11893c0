import { expect, test } from 'vitest';
import type { DesiredMessage, DisplayOutcome } from '#src/conversation/ports/desired-message.ts';
import { ChannelWriter } from '#src/discord/captions/channel-writer.ts';
import type { MessageOperation, MessageResult } from '#src/discord/captions/desired-messages.ts';
import { rateLimit, refusal } from '#test/discord/setup/refusals.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

const answerMs = 120;

/** One chat over a Discord that takes notes, answers after 120 ms, and fails as `failures` say, one request each. */
function open() {
  const timing = new SteppedTiming();
  const sent: (MessageOperation & { readonly atMs: number })[] = [];
  const failures: unknown[] = [];
  const outcomes: DisplayOutcome[] = [];
  const deleted: string[] = [];
  const standing = new Map<string, string>();
  let woken = 0;
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
    async unarchive() {
      woken++;
    },
  };
  const writer = new ChannelWriter(requests, timing);
  const chat = writer.chat({
    report: (outcome) => outcomes.push(outcome),
    changed: () => {},
    deleting: (id) => deleted.push(id),
  });
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
  return {
    ...{ writer, chat, show, sent, steps, reported, outcomes, failures, deleted, standing },
    pass,
    timing,
    woken: () => woken,
  };
}

test('a message is posted once and then edited, and what waits is replaced by what is newer', async () => {
  const { show, pass, steps, outcomes } = open();
  show('a', 'one');
  show('a', 'two');
  show('a', 'three');
  await pass(300);
  show('a', 'four');
  await pass(300);
  expect(steps()).toEqual(['post one', 'edit three', 'edit four']);
  const place = { channelId: 'c', messageId: 'm1' };
  expect(outcomes.at(-1)).toMatchObject({ kind: 'shown', key: 'a', place, text: 'four' });
});

test('messages are posted in the order of their first request, also where a later one is more urgent', async () => {
  const { show, pass, steps } = open();
  show('a', 'first', { urgency: 'partial' });
  show('b', 'second', { urgency: 'partial' });
  show('c', 'third');
  await pass(1_000);
  expect(steps()).toEqual(['post first', 'post second', 'post third']);
});

test('a message that was posted by a former run is edited in its place, and deleted by an empty text', async () => {
  const { show, pass, sent, reported, deleted } = open();
  const place = { channelId: 'c', messageId: 'old' };
  show('a', 'again', { place });
  show('b', '', { place: { channelId: 'c', messageId: 'older' } });
  await pass(500);
  expect(sent).toMatchObject([{ kind: 'edit', place }, { kind: 'delete' }]);
  expect(reported().toSorted()).toEqual(['deleted b', 'shown a']);
  expect(deleted).toEqual(['older']);
});

test('what stands there is not written again, and what was never posted needs no deletion', async () => {
  const { show, pass, sent, reported } = open();
  show('a', 'one');
  await pass(500);
  show('a', 'one');
  show('a', 'one ');
  show('b', '');
  await pass(500);
  expect(sent).toHaveLength(1);
  expect(reported()).toEqual(['shown a', 'shown a', 'shown a', 'deleted b']);
});

test('a whole text that is replaced by a partial one keeps its urgency', async () => {
  const { show, pass, sent, writer } = open();
  const place = { channelId: 'c', messageId: 'x' };
  writer.learn('PATCH', { limit: 5, remaining: 3, resetAfterMs: 5_000 });
  show('b', 'under way', { place });
  show('a', 'whole', { place });
  show('a', 'whole and …', { urgency: 'partial' });
  await pass(500);
  expect(sent).toHaveLength(2);
});

test.each([
  ['a broken network', new Error('socket hang up')],
  ['an error of Discord', refusal(503, 0)],
])(
  'after %s a message is asked for again under its nonce, and shows the newest text',
  async (_, failure) => {
    const { show, pass, sent, steps, failures, reported } = open();
    failures.push(failure, failure);
    show('a', 'one');
    await pass(300);
    show('a', 'two');
    await pass(5_000);
    expect(steps()).toEqual(['post one', 'post one', 'post one', 'edit two']);
    const nonces = sent.flatMap((each) => ('nonce' in each ? [each.nonce] : []));
    expect(new Set(nonces).size).toBe(1);
    expect(nonces[0]).toMatch(/^.{25}$/);
    expect(reported()).toEqual(['shown a', 'shown a']);
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

test('a request that never left is sent anew with the newest text', async () => {
  const { show, pass, steps, failures } = open();
  failures.push(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
  show('a', 'one');
  await pass(200);
  show('a', 'two');
  await pass(2_000);
  expect(steps()).toEqual(['post one', 'post two']);
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

test('a message that somebody deleted is written no more', async () => {
  const { show, pass, chat, reported, sent } = open();
  show('a', 'one');
  await pass(500);
  chat.gone(new Set(['m1']));
  show('a', 'two');
  show('a', '');
  await pass(500);
  expect(reported()).toEqual(['shown a', 'gone a', 'deleted a']);
  expect(sent).toHaveLength(1);
});

test('a thread that went to sleep is woken once', async () => {
  const { show, pass, failures, reported, woken } = open();
  failures.push(refusal(400, 50_083));
  show('a', 'one', { place: { channelId: 'c', messageId: 'x' } });
  await pass(1_000);
  expect(reported()).toEqual(['shown a']);
  failures.push(refusal(400, 50_083), refusal(400, 50_083));
  show('a', 'two');
  await pass(1_000);
  expect(reported()).toEqual(['shown a', 'forbidden a']);
  expect(woken()).toBe(2);
});

test('a rate limit of somebody else is waited for, and nothing is lost', async () => {
  const { show, pass, failures, sent, reported } = open();
  failures.push(rateLimit(3_000));
  show('a', 'one');
  await pass(2_900);
  expect(sent).toHaveLength(1);
  await pass(1_000);
  expect(reported()).toEqual(['shown a']);
  expect(sent[1]?.atMs).toBeGreaterThanOrEqual(3_120);
});

test('while Discord is away for an hour the newest text of each message is kept, and 1,000 messages at most', async () => {
  const { show, pass, failures, reported, standing, timing } = open();
  failures.push(
    ...Array.from({ length: 1_000 }, () => Object.assign(new Error('away'), { code: 'ENOTFOUND' })),
  );
  for (let n = 0; n < 1_002; n++) show(`${n}`, `old ${n}`);
  for (let n = 3; n < 1_002; n++) show(`${n}`, `new ${n}`);
  expect(reported()).toEqual(['refused 1', 'refused 2']);
  await pass(3_000);
  failures.length = 0;
  timing.passMs(30_000);
  await pass(8_000);
  expect([...standing.values()].slice(0, 3)).toEqual(['old 0', 'new 3', 'new 4']);
});

test('one request is under way for each route, and a task waits for its turn', async () => {
  const { show, pass, sent, writer, timing } = open();
  const late = () => new Error('late');
  show('a', 'one');
  let postedAtMs = 0;
  const posted = writer.task({
    route: 'POST',
    urgency: 'plain',
    late,
    async send() {
      postedAtMs = timing.nowMs();
    },
  });
  await pass(300);
  await posted;
  expect(postedAtMs - (sent[0]?.atMs ?? 0)).toBe(answerMs);
});

test('a task whose turn does not come in time, or that comes after the end, is told so', async () => {
  const { writer, pass } = open();
  writer.learn('POST', { limit: 5, remaining: 0, resetAfterMs: 60_000 });
  const task = { route: 'POST', urgency: 'plain', late: () => new Error('late') } as const;
  const first = writer.task({ ...task, untilMs: 500, send: async () => 'sent' });
  const second = writer.task({ ...task, send: async () => 'sent' });
  const fates = Promise.allSettled([first, second]);
  await pass(600);
  writer.close();
  expect((await fates).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  await expect(writer.task({ ...task, send: async () => 'sent' })).rejects.toThrow('late');
});

test('a writer has work as long as a chat is open, something waits, or a window is not over', async () => {
  const { writer, chat, show, pass, timing } = open();
  show('a', 'one');
  await pass(1_000);
  timing.passMs(10_000);
  expect(writer.isIdle).toBe(false);
  show('a', 'two');
  chat.close();
  expect(writer.isIdle).toBe(false);
  await pass(500);
  timing.passMs(10_000);
  expect(writer.isIdle).toBe(true);
});
