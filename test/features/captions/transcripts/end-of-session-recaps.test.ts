import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';
import { recapReply } from '#test/features/captions/answers/recap-reply.ts';

const speech = 'human-goforward';
const decision = {
  kind: 'decision',
  text: 'They take five.',
  line: 2,
  words: 'five five',
} as const;
const point: readonly ChatStep[] = [recapReply(decision)];

/** Adam has said "five five" so often while captions were on, in a server that wants recaps. */
async function talked(
  times: number,
  { set = {}, ...over }: FixtureOptions & { readonly set?: Record<string, string> } = {},
  clock = new VirtualClock(),
): Promise<SessionFixture & { readonly model: FakeChat }> {
  const model = new FakeChat([point], clock);
  const fixture = openSessionFixture({ addressing: 'off', chat: model, ...over }, [adam], clock);
  for (const [key, value] of Object.entries({ recap: 'on', ...set })) {
    await fixture.settings.set('g', key, value);
  }
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  await turning;
  for (let n = 0; n < times; n++) {
    await pass(fixture, 4_000, await words(speech, adam, clock.nowMs()));
  }
  return { ...fixture, model };
}

const last = ({ captionChats }: SessionFixture) => captionChats.chat.texts.at(-1);

test('when the bot leaves, a recap is posted where the captions are, without holding it up', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 9_000 }, ...point]], clock);
  const fixture = await talked(5, { chat }, clock);
  await fixture.sessions.leave('g');
  expect(last(fixture)).not.toMatch(/^Recap/);
  await clock.advance(12_000);
  expect(last(fixture)).toMatch(
    /^Recap of Lounge, \d{4}-\d\d-\d\d:\n\*\*Decisions\*\*\n- They take five\. \(Adam, \d\d:\d\d\) https:\S+\/lounge captions 1$/,
  );
});

test('a recap is posted only where the server wants it, and something was said', async () => {
  for (const fixture of [await talked(5, { set: { recap: 'off' } }), await talked(4)]) {
    await fixture.sessions.leave('g');
    await pass(fixture, 3_000);
    expect([last(fixture)?.includes('Recap'), fixture.model.asked]).toEqual([false, []]);
  }
});

test('a recap that is being made when the process is to end is waited for as long as there is time', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 3_000 }, ...point]], clock);
  const fixture = await talked(5, { chat }, clock);
  await fixture.sessions.leave('g');
  let isDrained = false;
  const draining = fixture.sessions.drain(5_000).then(() => {
    isDrained = true;
  });
  await clock.advance(2_000);
  expect(isDrained).toBe(false);
  await clock.advance(2_000);
  await draining;
  expect(last(fixture)).toMatch(/^Recap of Lounge/);
});

test('a recap that is not made before the process ends is told of', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 9_000 }, ...point]], clock);
  const fixture = await talked(5, { chat }, clock);
  await fixture.sessions.leave('g');
  const draining = fixture.sessions.drain(5_000);
  await clock.advance(5_000);
  await draining;
  expect(last(fixture)).toContain("I couldn't make a recap of this session.");
  await clock.advance(10_000);
  expect(last(fixture)).not.toMatch(/^Recap/);
});

test('a recap that fails is told of', async () => {
  const error = new BotError('provider.unreachable', true, 'Nobody there.');
  const fixture = await talked(5, { chat: new FakeChat([[{ error }]]) });
  await fixture.sessions.leave('g');
  await pass(fixture, 3_000);
  expect(last(fixture)).toContain("I couldn't make a recap of this session.");
});

test('the recap at the end is paid by the server, and goes with the lines it rests on', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: dollars(10) } });
  const usage = { inputTokens: 100_000, outputTokens: 0 };
  const chat = new FakeChat([[...point, { usage }]], clock);
  const fixture = await talked(5, { spending: budgets, chat }, clock);
  await fixture.sessions.leave('g');
  await pass(fixture, 3_000);
  expect(last(fixture)).toContain('Recap of');
  const { day, people } = ledger.standing('g', clock.wallMs());
  expect([day.nanoUsd >= 100_000_000, people.size]).toEqual([true, 0]);
  await fixture.privacy.forget('g', 'adam');
  await pass(fixture, 3_000);
  const deleted = fixture.captionChats.chat.desired.filter(({ text }) => text === '');
  expect(deleted.some(({ place }) => place?.messageId.includes('recap'))).toBe(true);
});

test('a recap goes again whose lines are erased while it is posted', async () => {
  const fixture = await talked(5);
  const { chat } = fixture.captionChats;
  chat.refuses = ({ key }) => {
    if (key.startsWith('recap')) void fixture.privacy.forget('g', 'adam');
    return undefined;
  };
  await fixture.sessions.leave('g');
  await pass(fixture, 3_000);
  const deleted = chat.desired.filter(({ text }) => text === '');
  expect(deleted.some(({ place }) => place?.messageId.includes('recap'))).toBe(true);
});

test('a recap is noted as soon as it is shown, so that a process killed then leaves it to be forgotten', async () => {
  const fixture = await talked(5);
  const { chat } = fixture.captionChats;
  chat.refuses = ({ key }) => {
    if (key.startsWith('recap')) chat.flush = () => new Promise<void>(() => undefined);
    return undefined;
  };
  await fixture.sessions.leave('g');
  await pass(fixture, 3_000);
  await fixture.privacy.forget('g', 'adam');
  await pass(fixture, 61_000);
  const deleted = chat.desired.filter(({ text }) => text === '');
  expect(deleted.some(({ place }) => place?.messageId.includes('recap'))).toBe(true);
});

test('whoever comes in late finds a button for what they missed, and reads it alone', async () => {
  const fixture = await talked(10);
  fixture.linkOpener.link.present.push(eva);
  await pass(fixture, 500);
  const offered = fixture.captionChats.chat.desired.findLast(({ key }) => key === 'newcomer eva');
  expect(offered?.buttons).toContain('captions.missed');
  await pass(fixture, 4_000, await words(speech, adam, fixture.clock.nowMs()));
  const missed = { since: 'start', until: 'i came' } as const;
  expect(await fixture.transcriptFor.recap('g', eva, missed)).toMatchObject({
    kind: 'recap',
    points: [{ text: 'They take five.', name: 'Adam' }],
  });
  const shown = `${fixture.model.asked.at(-1)?.messages.at(-1)?.content}`;
  expect(shown.split('five five')).toHaveLength(11);
  fixture.captionChats.barred.add('eva');
  expect(await fixture.transcriptFor.recap('g', eva, missed)).toEqual({ kind: 'none' });
});

test('where little was said, whoever comes in is offered no recap', async () => {
  const fixture = await talked(9);
  fixture.linkOpener.link.present.push(eva);
  await pass(fixture, 500);
  const offered = fixture.captionChats.chat.desired.findLast(({ key }) => key === 'newcomer eva');
  expect(offered?.buttons).not.toContain('captions.missed');
});

/** Recaps that stand in the chat. */
function recapsIn({ captionChats }: SessionFixture): readonly string[] {
  const { desired } = captionChats.chat;
  const deleted = desired.flatMap(({ text, place }) =>
    text === '' && place ? place.messageId : [],
  );
  const posted = desired.filter(({ key, text }) => key.startsWith('recap') && text !== '');
  return posted.flatMap(({ key, text }) => (deleted.includes(`lounge ${key}`) ? [] : text));
}

test('a session that was resumed has one recap, of all of it, and none more where nothing was said since', async () => {
  const fixture = await talked(5);
  await fixture.sessions.leave('g');
  await pass(fixture, 3_000);
  const [first] = recapsIn(fixture);
  for (const spoken of [0, 1]) {
    await fixture.sessions.join(lounge, 'adam');
    await pass(fixture, 500);
    for (let n = 0; n < spoken; n++)
      await pass(fixture, 4_000, await words(speech, adam, fixture.clock.nowMs()));
    await fixture.sessions.leave('g');
    await pass(fixture, 3_000);
    expect(fixture.model.asked).toHaveLength(1 + spoken);
    expect(recapsIn(fixture)).toEqual([first]);
  }
  const shown = `${fixture.model.asked.at(-1)?.messages.at(-1)?.content}`;
  expect(shown.split('five five')).toHaveLength(7);
});

test('a recap that is still being made when the resumed session ends again is not posted', async () => {
  const slow: readonly ChatStep[] = [{ waitMs: 60_000 }, ...point];
  const clock = new VirtualClock();
  const fixture = await talked(5, { chat: new FakeChat([slow, point], clock) }, clock);
  await fixture.sessions.leave('g');
  await pass(fixture, 1_000);
  expect(recapsIn(fixture)).toEqual([]);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 500);
  await pass(fixture, 4_000, await words(speech, adam, fixture.clock.nowMs()));
  await fixture.sessions.leave('g');
  await clock.advance(70_000);
  expect(recapsIn(fixture)).toHaveLength(1);
});

test('the recap at the end waits for one that somebody has made meanwhile', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 90_000 }, ...point], point], clock);
  const fixture = await talked(5, { chat }, clock);
  const asked = fixture.transcriptFor.recap('g', adam, { since: 'start' });
  await clock.advance(20);
  await fixture.sessions.leave('g');
  await clock.advance(60_000);
  expect([chat.running, chat.asked.length]).toEqual([1, 1]);
  await clock.advance(40_000);
  expect((await asked).kind).toBe('recap');
  expect(last(fixture)).toMatch(/^Recap of Lounge/);
});
