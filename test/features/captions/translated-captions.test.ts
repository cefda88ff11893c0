import { BotError } from '#src/base/errors.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const speech = 'human-goforward';

/** Adam has called the bot and had captions translated into German; Eva said yes for always. */
async function translated(options: FixtureOptions = {}, clock = new VirtualClock()) {
  const model = new FakeChat([['[1] fünf fünf']], clock);
  const own = { chat: model, ...options };
  return { ...(await openCaptioned(own, clock, { translateTo: 'de' })), model };
}

const isTrouble = (text: string) => text.includes('does not translate them now');

const prompts = ({ asked }: FakeChat) =>
  asked.map(({ messages }) => messages.at(-1)?.content);

test('a translation stands below its line', async () => {
  const fixture = await translated();
  await sayAll(fixture);
  await passTime(fixture, 2_000);
  expect(fixture.captionChats.chat.lines).toEqual([
    '**Adam** five five',
    '-# fünf fünf',
  ]);
});

test('everything that is said during a request is translated in the next one', async () => {
  const clock = new VirtualClock();
  const slow = [{ waitMs: 6_000 }, '[1] eins'];
  const chat = new FakeChat([slow, ['[1] fünf fünf\n[2] sechs sechs']], clock);
  const fixture = await translated({ chat }, clock);
  await sayAll(fixture);
  const nowMs = clock.nowMs();
  const packets = await Promise.all([
    sayWords(speech, adam, nowMs),
    sayWords(speech, eva, nowMs + 100),
  ]);
  await passTime(fixture, 9_000, packets.flat());
  const one = '<lines>\n[1] five five\n</lines>';
  expect(prompts(chat)).toEqual([
    one,
    '<lines>\n[1] five five\n[2] five five\n</lines>',
  ]);
  expect(fixture.captionChats.chat.lines).toEqual([
    '**Adam** five five',
    '-# eins',
    '**Adam** five five',
    '-# fünf fünf',
    '**Eva** five five',
    '-# sechs sechs',
  ]);
});

test('words of a person who is left out meanwhile reach no translation', async () => {
  const clock = new VirtualClock();
  const chat = new FakeChat([[{ waitMs: 9_000 }, '[1] eins']], clock);
  const fixture = await translated({ chat }, clock);
  await sayAll(fixture, eva);
  await sayAll(fixture);
  expect(fixture.captionChats.chat.lines).toEqual([
    '**Eva** five five',
    '**Adam** five five',
  ]);
  await fixture.captions.setLeftOut('g', 'adam', true);
  await passTime(fixture, 9_000);
  expect(prompts(chat)).toEqual(['<lines>\n[1] five five\n</lines>']);
});

test('a line that is forgotten while it is translated is not shown again', async () => {
  const clock = new VirtualClock();
  const slow = new FakeChat([[{ waitMs: 3_000 }, '[1] fünf fünf']], clock);
  const fixture = await translated({ chat: slow }, clock);
  await sayAll(fixture);
  await passTime(fixture, 1_500);
  expect(slow.running).toBe(1);
  await fixture.privacy.deny('g', 'adam');
  await passTime(fixture, 5_000);
  expect(fixture.captionChats.chat.lines).toEqual([]);
});

test('a server that fails is told of once, captions go on, and the next line is tried again', async () => {
  const error = new BotError('provider.unreachable', true, 'Nobody there.');
  const chat = new FakeChat([[{ error }], [{ error }], ['[1] fünf fünf']]);
  const fixture = await translated({ chat });
  for (let n = 0; n < 3; n++) {
    await sayAll(fixture);
    await passTime(fixture, 2_000);
  }
  expect(fixture.written.filter(isTrouble)).toHaveLength(1);
  expect(fixture.captionChats.chat.lines).toEqual([
    '**Adam** five five',
    '**Adam** five five',
    '**Adam** five five',
    '-# fünf fünf',
  ]);
});

test('a reply without a translation is told to people and to the operator', async () => {
  const fixture = await translated({ chat: new FakeChat([['I cannot do that.']]) });
  await sayAll(fixture);
  await passTime(fixture, 2_000);
  expect(fixture.written.filter(isTrouble)).toHaveLength(1);
  expect(fixture.of('failed')).toMatchObject([{ code: 'answer.malformed' }]);
});

test('a line without words is not translated, and captions end', async () => {
  const error = new BotError('provider.unreachable', true, 'Nobody there.');
  const transcriber = new FakeTranscriber({ texts: [], error });
  const fixture = await translated({ transcriber });
  await sayAll(fixture);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** *(not understood)*']);
  expect(await fixture.captions.turnOff('g')).toEqual({ isSaved: true });
  expect(fixture.model.asked).toEqual([]);
});

test('translations are paid by the server', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: toUsd(10) } });
  const usage = { inputTokens: 100_000, outputTokens: 100_000 };
  const chat = new FakeChat([['[1] fünf fünf', { usage }]]);
  const fixture = await translated({ chat, spending: budgets }, clock);
  await sayAll(fixture);
  await passTime(fixture, 3_000);
  const { day, people } = ledger.getStanding('g', clock.wallMs());
  expect(day.nanoUsd).toBeGreaterThanOrEqual(200_000_000);
  expect(day.turns).toBe(0);
  expect(people.size).toBe(0);
});
