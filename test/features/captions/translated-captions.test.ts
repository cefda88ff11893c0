import { toGuildId } from '#src/base/ids.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const g = toGuildId('g');
const speech = 'human-goforward';

/** Adam has called the bot and had captions translated into German; Eva said yes for always. */
async function translateCaptions(
  options: FixtureOptions = {},
  clock = new VirtualClock(),
) {
  const model = new FakeChat([['[1] fünf fünf']], clock);
  const own = { chat: model, ...options };
  return { ...(await openCaptioned(own, clock, { translateTo: 'de' })), model };
}

const listPrompts = ({ asked }: FakeChat) =>
  asked.map(({ messages }) => messages.at(-1)?.content);

test('everything that is said during a request is translated in the next one', async () => {
  const clock = new VirtualClock();
  const slow = [{ waitMs: 6_000 }, '[1] eins'];
  const chat = new FakeChat([slow, ['[1] fünf fünf\n[2] sechs sechs']], clock);
  const fixture = await translateCaptions({ chat }, clock);
  await sayAll(fixture);
  const nowMs = clock.nowMs();
  const packets = await Promise.all([
    sayWords(speech, adam, nowMs),
    sayWords(speech, eva, nowMs + 100),
  ]);
  await passTime(fixture, 9_000, packets.flat());
  const text = '<lines>\n[1] five five\n</lines>';
  expect(listPrompts(chat)).toEqual([
    text,
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

test('a line that is forgotten while it is translated is not shown again', async () => {
  const clock = new VirtualClock();
  const slow = new FakeChat([[{ waitMs: 3_000 }, '[1] fünf fünf']], clock);
  const fixture = await translateCaptions({ chat: slow }, clock);
  await sayAll(fixture);
  await passTime(fixture, 1_500);
  expect(slow.running).toBe(1);
  await fixture.privacy.deny(g, adam.id);
  await passTime(fixture, 5_000);
  expect(fixture.captionChats.chat.lines).toEqual([]);
});

test('translations are paid by the server', async () => {
  const clock = new VirtualClock();
  const { budgets, ledger } = openBudgets(clock, { caps: { serverDay: toUsd(10) } });
  const usage = { inputTokens: 100_000, outputTokens: 100_000 };
  const chat = new FakeChat([['[1] fünf fünf', { usage }]]);
  const fixture = await translateCaptions({ chat, spending: budgets }, clock);
  await sayAll(fixture);
  await passTime(fixture, 3_000);
  const { day, people } = ledger.getStanding(g, clock.wallMs());
  expect(day.nanoUsd).toBeGreaterThanOrEqual(200_000_000);
  expect([day.turns, people.size]).toEqual([0, 0]);
});

playScripts({
  'a translation stands below its line': `
    with off
    captions on in de > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    model: [1] fünf fünf
    adam says: five five > heard Adam: five five, ignored Adam: off
    2000
    captions > **Adam** five five, -# fünf fünf
    `,
  'words of a person who is left out meanwhile reach no translation': `
    with off, eva always
    captions on in de > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    model: wait 9000 | [1] eins
    eva says: five five > heard Eva: five five, ignored Eva: off
    adam says: six > heard Adam: six, ignored Adam: off
    captions > **Eva** five five, **Adam** six
    adam is left out > isSaved true
    9000
    requests > 1 requests
    prompt > data: [1] five five </lines>
    `,
  'a server that fails is told of once, captions go on, and the next line is tried again': `
    with off
    captions on in de > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    model: fail provider.unreachable || fail provider.unreachable || [1] fünf fünf
    adam says: five five
    > heard Adam: five five
    > ignored Adam: off
    > failed think provider.unreachable
    > writes captions.translate.off
    2000
    adam says: five five
    > heard Adam: five five, ignored Adam: off, failed think provider.unreachable
    2000
    adam says: five five > heard Adam: five five, ignored Adam: off
    2000
    captions > **Adam** five five, **Adam** five five, **Adam** five five, -# fünf fünf
    `,
  'a reply without a translation is told to people and to the operator': `
    with off
    captions on in de > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    model: I cannot do that.
    adam says: five five
    > heard Adam: five five
    > ignored Adam: off
    > failed think answer.malformed
    > writes captions.translate.off
    2000
    `,
  'a line without words is not translated, and captions end': `
    with off
    captions on in de > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    recogniser fails provider.unreachable
    adam says: five five > ignored Adam: off, failed recognise provider.unreachable, writes fail.stt
    captions > **Adam** *(not understood)*
    captions off > isSaved true
    requests > 0 requests
    `,
});
