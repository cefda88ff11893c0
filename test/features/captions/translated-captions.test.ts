import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { CaptionOptions } from '#src/conversation/ports/setting-and-check-outcomes.ts';
import { captioned, SessionCaptions } from '#src/features/captions/session-captions.ts';
import { text } from '#src/texts/texts.ts';
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
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';

const speech = 'human-goforward';

/** Adam has called the bot and had captions translated into German; Eva said yes for always. */
async function translated(
  options: FixtureOptions = {},
  { clock = new VirtualClock(), ...on }: CaptionOptions & { readonly clock?: VirtualClock } = {},
): Promise<SessionFixture & { readonly model: FakeChat }> {
  const model = new FakeChat([['[1] fünf fünf']], clock);
  const fixture = openSessionFixture(
    { addressing: 'off', chat: model, ...options },
    [adam, eva],
    clock,
  );
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'eva', 'always');
  await pass(fixture, 100);
  const turning = fixture.captions.turnOn('g', { translateTo: 'de', ...on });
  await pass(fixture, 4_000);
  expect(await turning).toMatchObject({ kind: 'on' });
  return { ...fixture, model };
}

async function says(fixture: SessionFixture, who = adam): Promise<void> {
  await pass(fixture, 4_000, await words(speech, who, fixture.clock.nowMs()));
}

const prompts = ({ asked }: FakeChat) => asked.map(({ messages }) => messages.at(-1)?.content);

test('a translation stands below its line', async () => {
  const fixture = await translated();
  await says(fixture);
  await pass(fixture, 2_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five', '-# fünf fünf']);
  expect(fixture.fieldsOf(captioned)).toHaveLength(1);
});

test('what is said within a moment is translated in one request', async () => {
  const chat = new FakeChat([['[1] fünf fünf\n[2] sechs sechs']]);
  const fixture = await translated({ chat });
  const nowMs = fixture.clock.nowMs();
  const packets = await Promise.all([words(speech, adam, nowMs), words(speech, eva, nowMs + 100)]);
  await pass(fixture, 6_000, packets.flat());
  expect(prompts(chat)).toEqual(['<lines>\n[1] five five\n[2] five five\n</lines>']);
  expect(fixture.captionChats.chat.lines).toEqual([
    '**Adam** five five',
    '-# fünf fünf',
    '**Eva** five five',
    '-# sechs sechs',
  ]);
});

test('with a channel for captions each language has a thread of its own', async () => {
  const settings = { captionsChannelId: '123456789012345678' };
  const clock = new VirtualClock();
  const model = new FakeChat([['[1] fünf fünf']], clock);
  const fixture = openSessionFixture({ addressing: 'off', chat: model }, [adam, eva], clock);
  await fixture.settings.set('g', 'captions_channel', settings.captionsChannelId);
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 100);
  const turning = fixture.captions.turnOn('g', { translateTo: 'de' });
  await pass(fixture, 4_000);
  await turning;
  await says(fixture);
  await pass(fixture, 2_000);
  const texts = () => [...fixture.captionChats.chats.values()].map(({ texts }) => texts.slice(-1));
  expect([...fixture.captionChats.chats.keys()][1]).toBe(
    `Captions in German in ${settings.captionsChannelId}`,
  );
  expect(texts()).toEqual([['**Adam** five five'], ['**Adam** fünf fünf']]);
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 1_000);
  expect(texts()[1]).toEqual([]);
});

/** Captions in a thread of a text channel, with people there; nothing is translated for all. */
async function threaded(chat: FakeChat, options: FixtureOptions = {}) {
  const clock = new VirtualClock();
  const people = [adam, eva];
  const fixture = openSessionFixture({ addressing: 'off', chat, ...options }, people, clock);
  await fixture.settings.set('g', 'captions_channel', '123456789012345678');
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'eva', 'always');
  await pass(fixture, 100);
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  await turning;
  const threadIn = (language: string) =>
    fixture.captionChats.chats.get(`Captions in ${language} in 123456789012345678`);
  return { ...fixture, threadIn };
}

test('a person reads the captions in their language in a thread; two of one language cost one translation', async () => {
  const model = new FakeChat([['[1] fünf fünf']]);
  const fixture = await threaded(model);
  const own = await fixture.captions.threadFor('g', 'eva', 'de');
  expect(own).toMatchObject({ kind: 'open' });
  expect(await fixture.captions.threadFor('g', 'adam', 'de')).toEqual(own);
  await says(fixture);
  await pass(fixture, 2_000);
  expect(fixture.threadIn('German')?.texts).toEqual(['**Adam** fünf fünf']);
  expect(model.asked).toHaveLength(1);
  expect([...fixture.captionChats.chats.values()][0]?.lines).toEqual(['**Adam** five five']);
  expect(await fixture.captions.threadFor('g', 'adam', undefined)).toEqual({ kind: 'ended' });
  expect(await fixture.captions.threadFor('g', 'adam', undefined)).toEqual({ kind: 'none' });
  await says(fixture);
  await pass(fixture, 2_000);
  expect(model.asked).toHaveLength(2);
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 1_000);
  expect(fixture.threadIn('German')?.texts).toEqual([]);
});

test('a thread of a language ends with its last reader in the channel, and goes on when they come back', async () => {
  const model = new FakeChat([['[1] fünf fünf']]);
  const fixture = await threaded(model);
  await fixture.captions.threadFor('g', 'eva', 'de');
  const { present } = fixture.linkOpener.link;
  present.splice(0, present.length, adam);
  await pass(fixture, 1_000);
  await says(fixture);
  await pass(fixture, 2_000);
  expect(model.asked).toEqual([]);
  present.push(eva);
  await pass(fixture, 1_000);
  await says(fixture);
  await pass(fixture, 2_000);
  expect(model.asked).toHaveLength(1);
  expect(fixture.threadIn('German')?.texts).toEqual(['**Adam** fünf fünf']);
});

test('a thread holds what is in its language already', async () => {
  const transcriber = new FakeTranscriber({ texts: ['fünf fünf'], language: 'de' });
  const model = new FakeChat([['[1] no']]);
  const fixture = await threaded(model, { transcriber });
  await fixture.captions.threadFor('g', 'eva', 'de');
  await says(fixture);
  await pass(fixture, 2_000);
  expect(fixture.threadIn('German')?.texts).toEqual(['**Adam** fünf fünf']);
  expect(model.asked).toEqual([]);
});

test('remarks and named sounds stand in a thread in its language, and cost no translation', async () => {
  const transcriber = new FakeTranscriber({ texts: ['[laughter]'] });
  const model = new FakeChat([['[1] no']]);
  const fixture = await threaded(model, { transcriber });
  await fixture.captions.threadFor('g', 'eva', 'de');
  await says(fixture);
  await fixture.privacy.deny('g', 'adam');
  await says(fixture);
  await pass(fixture, 2_000);
  const unwritten = text('captions.remark.unwritten', {}, 'de');
  expect(fixture.threadIn('German')?.texts).toEqual([`*${unwritten}*`]);
  await says(fixture, eva);
  await pass(fixture, 2_000);
  expect(fixture.threadIn('German')?.texts).toEqual([`*${unwritten}*\n**Eva** \\[Gelächter\\]`]);
  expect(model.asked).toEqual([]);
});

test('a thread that cannot be opened is one outcome, and is tried again when somebody asks', async () => {
  const fixture = await threaded(new FakeChat([['[1] fünf fünf']]));
  fixture.captionChats.isForbidden = true;
  const failed = { kind: 'failed', inChannelId: '123456789012345678' };
  expect(await fixture.captions.threadFor('g', 'eva', 'de')).toEqual(failed);
  fixture.captionChats.isForbidden = false;
  expect(await fixture.captions.threadFor('g', 'eva', 'de')).toMatchObject({ kind: 'open' });
});

test('at most five languages are read in threads, and people who may not read the captions read none', async () => {
  const fixture = await threaded(new FakeChat([['[1] fünf fünf']]));
  const { translations } =
    fixture.sessions.session('g')?.context.features.of(SessionCaptions) ?? {};
  for (const [n, language] of ['de', 'fr', 'es', 'pl', 'ja'].entries())
    expect(await translations?.openFor(`reader ${n}`, language)).toMatchObject({ kind: 'open' });
  expect(await translations?.openFor('eva', 'it')).toEqual({ kind: 'full' });
  expect(await translations?.openFor('eva', 'de')).toMatchObject({ kind: 'open' });
  fixture.captionChats.barred.add('stranger');
  expect(await fixture.captions.threadFor('g', 'stranger', 'de')).toMatchObject({ kind: 'barred' });
  expect(await fixture.captions.threadFor('h', 'eva', 'de')).toEqual({ kind: 'nowhere' });
});

test('in the chat of a voice channel there is no thread, and without captions none either', async () => {
  const fixture = await translated();
  expect(await fixture.captions.threadFor('g', 'eva', 'de')).toEqual({ kind: 'no-threads' });
  await fixture.captions.turnOff('g');
  expect(await fixture.captions.threadFor('g', 'eva', 'de')).toEqual({ kind: 'off' });
});

test('what is in that language already is not translated', async () => {
  const fixture = await translated({
    transcriber: new FakeTranscriber({ texts: ['fünf fünf'], language: 'de' }),
  });
  await says(fixture);
  await pass(fixture, 2_000);
  expect(fixture.model.asked).toEqual([]);
});

test('a translation that says the same is not shown', async () => {
  const fixture = await translated({ chat: new FakeChat([['[1] Five, five.']]) });
  await says(fixture);
  await pass(fixture, 2_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
});

test('what somebody said who is left out meanwhile reaches no translation', async () => {
  const fixture = await translated();
  const speaking = await words(speech, adam, fixture.clock.nowMs());
  await pass(fixture, 3_600, speaking);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
  await fixture.captions.leaveOut('g', 'adam', true);
  await pass(fixture, 4_000);
  expect(fixture.model.asked).toEqual([]);
});

test('a line that is forgotten while it is translated is not shown again', async () => {
  const clock = new VirtualClock();
  const slow = new FakeChat([[{ waitMs: 3_000 }, '[1] fünf fünf']], clock);
  const fixture = await translated({ chat: slow }, { clock });
  await says(fixture);
  await pass(fixture, 1_500);
  expect(slow.running).toBe(1);
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 5_000);
  expect(fixture.captionChats.chat.lines).toEqual([]);
});

test('a server that fails is told of once, captions go on, and it is tried again', async () => {
  const error = new BotError('provider.unreachable', true, 'Nobody there.');
  const chat = new FakeChat([[{ error }], [{ error }], ['[1] fünf fünf']]);
  const fixture = await translated({ chat });
  await says(fixture);
  await pass(fixture, 40_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
  const reported = fixture.written.filter((text) => text.includes('not translated any more'));
  expect(reported).toHaveLength(1);
  await pass(fixture, 30_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five', '-# fünf fünf']);
});

test('a request that takes too long is ended at the model, and after three it rests for ten minutes', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 45_000 }, '[1] fünf fünf']], clock);
  const fixture = await translated({ chat }, { clock });
  let most = 0;
  const talk = async (minutes: number) => {
    for (let n = 0; n < minutes; n++) {
      await says(fixture);
      for (let step = 0; step < 4; step++) {
        await clock.advance(14_000);
        most = Math.max(most, chat.running);
      }
    }
    return chat.asked.length;
  };
  expect(await talk(10)).toBe(3);
  expect([most, chat.running]).toEqual([1, 0]);
  expect(await talk(10)).toBe(6);
  expect(fixture.written.filter((text) => text.includes('not translated any more'))).toHaveLength(
    1,
  );
});

test('a model that gives no translations is told of once', async () => {
  const fixture = await translated({ chat: new FakeChat([['I cannot translate.']]) });
  await says(fixture);
  await says(fixture);
  await pass(fixture, 20_000);
  expect(fixture.written.filter((text) => text.includes('does not translate'))).toHaveLength(1);
});

test('translations are paid by the server, from its budget for captions', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: dollars(10) } });
  const usage = { inputTokens: 100_000, outputTokens: 100_000 };
  const chat = new FakeChat([['[1] fünf fünf', { usage }]]);
  const fixture = await translated({ chat, spending: budgets }, { clock });
  await says(fixture);
  await pass(fixture, 3_000);
  const { captions, day, people } = ledger.standing('g', clock.wallMs());
  expect(captions.nanoUsd).toBeGreaterThanOrEqual(200_000_000);
  expect(day.turns).toBe(0);
  expect(people.size).toBe(0);
});

test('what was said last is still translated when captions are turned off', async () => {
  const fixture = await translated();
  await pass(fixture, 3_600, await words(speech, adam, fixture.clock.nowMs()));
  expect(fixture.model.asked).toEqual([]);
  await fixture.captions.turnOff('g');
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five', '-# fünf fünf']);
});
