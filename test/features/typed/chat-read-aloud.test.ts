import type { WrittenLine } from '#src/features/typed/chat-read-aloud.ts';
import type { TypedMessage } from '#src/ports/typed-messages.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  joinLounge,
  makePerson,
  passTime,
} from '#test/conversation/setup/session-fixture.ts';
import { byAdam, byBen, changeTrack } from '#test/conversation/setup/tracks-fixture.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeTyped, makeTypedHandler } from './typed-handler.ts';

const readChannel = '123456789012345678';
const [ben, zoe] = [makePerson('Ben'), makePerson('Zoe')];

/** Adam called the bot, Ben agreed, Eva sits there and was not asked; Zoe does not sit there. */
async function joined(over: FixtureOptions = {}) {
  const parts = { rounds: [['The answer is five.']], pieces: 20, ...over };
  const fixture = await joinLounge(parts, [adam, eva, ben]);
  const { synthesizer } = fixture;
  await fixture.settings.setSetting('g', 'read_channel', readChannel);
  await fixture.privacy.allow('g', 'ben');
  await passTime(fixture, 11_000);
  const before = synthesizer.asked.length;
  const spoken = () => synthesizer.texts.slice(before);
  return { ...fixture, ...makeTypedHandler(fixture), spoken };
}

type JoinedSetup = Awaited<ReturnType<typeof joined>>;

function message(
  author: ChannelMember,
  text: string,
  over: Partial<TypedMessage> = {},
) {
  return makeTyped(author, text, { channelId: readChannel, ...over });
}

/** Somebody picks Read aloud at a message of this text. */
function read({ reader }: JoinedSetup, by: ChannelMember, text: string, who = zoe) {
  return reader.read('g', makeLine(text, who), by);
}

function makeLine(text: string, author = zoe): WrittenLine {
  const { messageId } = makeTyped(author, text);
  return { messageId, author, isBot: author.isBot, text };
}

const readable = { kind: 'queued' };
const refused = (id: string) => ({ kind: 'refused', line: { id } });

/** All at once, in this order. */
async function write(fixture: JoinedSetup, ...messages: readonly TypedMessage[]) {
  const taken = Promise.all(messages.map((one) => fixture.lines.handleMessage(one)));
  await passTime(fixture, 100);
  return await taken;
}

const voiceOf = ({ tracks }: JoinedSetup) =>
  tracks.listTracks('g')?.find(({ name }) => name === 'voice');

test('three lines of each wait, and what waits lets answers and other texts pass', async () => {
  const fixture = await joined({ addressing: 'off' });
  const many = Array.from({ length: 5 }, (_, n) => message(adam, `Line ${n}.`));
  const bens = message(ben, 'Mine.');
  expect(await write(fixture, ...many, bens)).toEqual([
    ...Array(4).fill('read'), // the first one is being read
    'full',
    'read',
  ]);
  const asked = fixture.talk.askQuestion('g', 'How many?', ben, 'voice');
  void fixture.talk.sayText('g', 'A text of somebody.', 'queue', { voice: 'other' });
  await passTime(fixture, 30_000);
  await asked;
  expect(fixture.spoken()).toEqual([
    'Adam: Line 0.',
    'Ben,', // as something else was said since he asked; made before the answer is
    'The answer is five.',
    'A text of somebody.',
    'Adam: Line 1.',
    'Line 2.',
    'Line 3.',
    'Ben: Mine.',
  ]);
  const text = fixture.synthesizer.asked.find(
    (one) => one.text === 'A text of somebody.',
  );
  expect(text?.voice).toMatchObject({ name: 'other' });
});

test.each<[string, TypedMessage, string]>([
  ['a webhook', message(adam, 'Hi.', { isWebhook: true }), 'webhook'],
  ['a bot', message({ ...zoe, isBot: true }, 'Hi.'), 'bot'],
  ['somebody who was not asked', message(eva, 'Hi.'), 'unasked'],
  ['somebody who does not sit there', message(zoe, 'Hi.'), 'absent'],
  ['somebody of whose words nothing is told', message(adam, ''), 'unread'],
  ['somebody without a word', message(adam, '🎉'), 'empty'],
  [
    'somebody in another channel',
    message(adam, 'Hi.', { channelId: 'other' }),
    'elsewhere',
  ],
])('nothing is read of %s', async (_, one, outcome) => {
  const fixture = await joined();
  expect(await write(fixture, one)).toEqual([outcome]);
  await passTime(fixture, 5_000);
  expect(fixture.spoken()).toEqual([]);
});

test('a forwarded line is named as forwarded', async () => {
  const fixture = await joined();
  const forwarded = message(adam, 'The shop closes at six.', { isForwarded: true });
  expect(await write(fixture, forwarded)).toEqual(['read']);
  await passTime(fixture, 5_000);
  expect(fixture.spoken()).toEqual(['Adam: forwarded: The shop closes at six.']);
});

test('nothing is read of people who said no or are blocked, nor of what waits of theirs', async () => {
  const fixture = await joined();
  const long = message(adam, 'A long line that is read for a while.');
  await write(fixture, long, message(ben, 'First.'), message(adam, 'Last.'));
  await fixture.privacy.deny('g', 'ben');
  expect(await write(fixture, message(ben, 'Second.'))).toEqual(['refused']);
  await passTime(fixture, 10_000);
  expect(fixture.spoken().join()).not.toMatch(/First|Second/);
  expect(fixture.spoken().join()).toContain('Last.');
  const ids = '100000000000000001';
  const blocked = { ...ben, id: ids };
  await fixture.settings.setSetting('g', 'blocked', ids);
  expect(await read(fixture, adam, 'Third.', blocked)).toEqual(refused('read.refused'));
});

test('messages that are deleted while they wait, or are read, are not read on', async () => {
  const fixture = await joined();
  const makeLong = (which: string) =>
    message(adam, `${which} line, which takes its time.`);
  const [first, second] = [makeLong('First'), makeLong('Second')];
  await write(fixture, first, second, makeLong('Third'));
  fixture.lines.onDeleted([second.messageId]);
  expect(voiceOf(fixture)?.waiting).toHaveLength(1);
  fixture.lines.onDeleted([first.messageId, 'unknown']);
  await passTime(fixture, 400);
  expect(voiceOf(fixture)).toMatchObject({ current: { title: '“…”' }, waiting: [] });
  const gone = message(adam, 'Gone at once.');
  const taken = fixture.lines.handleMessage(gone);
  fixture.lines.onDeleted([gone.messageId]);
  expect(await taken).toBe('deleted');
  await passTime(fixture, 10_000);
  expect(fixture.spoken().join()).toContain('Third');
  expect(fixture.spoken().join()).not.toMatch(/Second|Gone/);
});

test('a person skips and removes their own lines one by one, and needs a right for those of others', async () => {
  const fixture = await joined({ addressing: 'off' });
  await write(fixture, message(adam, 'Adam, one.'), message(ben, 'Ben, one.'));
  await write(fixture, message(adam, 'Adam, two.'), message(ben, 'Ben, two.'));
  expect(changeTrack(fixture, byBen, 'skip', 'voice')).toMatchObject([
    { kind: 'denied' },
  ]);
  const remove = (item: string) =>
    changeTrack(fixture, byBen, { kind: 'remove', item }, 'voice');
  expect([...remove('1'), ...remove('2')]).toMatchObject([
    { kind: 'changed' },
    { kind: 'changed' },
  ]);
  expect(changeTrack(fixture, byAdam, 'skip', 'voice')).toMatchObject([
    { kind: 'skipped' },
  ]);
  await passTime(fixture, 8_000);
  expect(fixture.spoken()).toEqual(['Adam: Adam, one.', 'Adam, two.']);
  expect(remove('1')).toMatchObject([{ kind: 'no-item' }]);
  await write(fixture, message(adam, 'Adam, three.'), message(adam, 'Adam, four.'));
  expect(fixture.talk.stopSpeaking('g')).toBe('stopped');
  await passTime(fixture, 5_000);
  expect(fixture.spoken()).not.toContain('Adam, four.');
});

test('the menu has a message read for whoever picks it, whoever wrote it, in the writer’s voice', async () => {
  const fixture = await joined();
  await fixture.peopleSettings.changeSettings('g', 'zoe', { voice: 'rms' });
  expect(await read(fixture, adam, 'Dinner at eight.')).toMatchObject(readable);
  await passTime(fixture, 100);
  expect(voiceOf(fixture)?.current).toMatchObject({ owner: 'Adam' });
  const asked = fixture.synthesizer.asked.at(-1);
  expect([asked?.text, asked?.voice.name]).toEqual(['Zoe: Dinner at eight.', 'rms']);
  for (let n = 0; n < 3; n++) await read(fixture, adam, `More ${n}.`);
  expect(await read(fixture, adam, 'Too much.')).toEqual({ kind: 'full', limit: 3 });
  expect(await read(fixture, ben, '🎉')).toEqual(refused('say.empty'));
  const bot = { ...zoe, isBot: true };
  expect(await read(fixture, ben, 'Beep.', bot)).toEqual(refused('read.refused'));
  const elsewhere = fixture.reader.read('h', makeLine('Hi.'), ben);
  expect(await elsewhere).toEqual({ kind: 'nowhere' });
  await fixture.privacy.deny('g', 'zoe');
  expect(await read(fixture, adam, 'Hi.')).toEqual(refused('read.refused'));
});

test('a long line is read up to the end of a clause, and says that there is more', async () => {
  const fixture = await joined();
  const long = Array.from(
    { length: 12 },
    (_, n) => `This is sentence number ${n} of a long line.`,
  );
  await read(fixture, adam, long.join(' '));
  await passTime(fixture, 60_000);
  const spoken = fixture.spoken().join(' ');
  expect(spoken).toMatch(
    /^Zoe: This is .* of a long line\. The rest is in the chat\.$/,
  );
  expect(spoken.length).toBeLessThan(340);
  await read(fixture, adam, 'Short again.');
  await passTime(fixture, 5_000);
  expect(fixture.spoken().at(-1)).not.toContain('The rest');
});

test('a text that is read out is paid from the share of its author, and refused when that share is used', async () => {
  const speak = { kind: 'priced', usd: { perMillionAudioOutputTokens: 12 } } as const;
  const caps = { personDay: toUsd(0.001) };
  const { budgets, ledger, paid } = openBudgets(new VirtualClock(), {
    caps,
    tariff: { speak },
  });
  const fixture = await joined({ spending: budgets });
  const nowMs = fixture.clock.wallMs();
  const say = (track: string) =>
    fixture.talk.sayText('g', 'Hello.', 'queue', { owner: adam, payer: adam, track });
  await Promise.all([read(fixture, adam, 'Hi.'), say('bg')]);
  await passTime(fixture, 5_000);
  const [first, second, ...others] = paid.slice(2).map(({ usd }) => toUsd(usd)); // after the two clauses of the greeting
  expect(others).toEqual([]);
  const { nanoUsd } = ledger.getShare('g', 'adam', nowMs);
  expect(nanoUsd).toBe((first ?? 0) + (second ?? 0));
  ledger.assign('g', 'adam', { nanoUsd: caps.personDay }, nowMs);
  for (const asked of [read(fixture, adam, 'Hi.'), say('voice'), say('bg')])
    expect(await asked).toMatchObject(refused('budget.user'));
  expect(await write(fixture, message(adam, 'Hi.'))).toEqual(['silent']);
  expect(await read(fixture, ben, 'Hi.')).toMatchObject(readable);
  fixture.sessions.pauseHearing('g', true);
  expect(await write(fixture, message(ben, 'Hi.'))).toEqual(['paused']);
});
