import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { tools } from '#src/features/features.ts';
import { ben } from '#test/conversation/setup/narration.ts';
import {
  adam,
  eva,
  openCalled,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat, makeToolCall } from '#test/fakes/fake-chat.ts';

const g = toGuildId('g');
const text = 'the party for eva is secret';

/** Adam and Eva sit in the Lounge, and a reminder that Adam set in the Den is due in a second. */
async function openLounge({
  barred = [] as string[],
  people = [adam, eva],
  words = text,
  dueMs = 1_000,
} = {}) {
  const chat = new FakeChat([[makeToolCall('list_reminders')], ['These.']]);
  const fixture = await openCalled({ chat, tools }, people);
  for (const who of barred) fixture.captionChats.barred.add(`${who} den`);
  for (const { id } of people) await fixture.privacy.allow(g, id);
  const wallMs = fixture.clock.wallMs();
  await fixture.reminders.addReminder({
    id: crypto.randomUUID(),
    guildId: g,
    personId: adam.id,
    channelId: toChannelId('den'),
    channelName: 'Den',
    text: words,
    setAtWallMs: wallMs - 60_000,
    dueAtWallMs: wallMs + dueMs,
  });
  return { ...fixture, lists: chat };
}

/** Where the reminder came out: aloud, as a direct message, and in which chats. */
async function findWays(fixture: SessionFixture) {
  await passTime(fixture, 4_000);
  const spoken = JSON.stringify(fixture.synthesizer.asked);
  return {
    isSpoken: /party|Time/.test(spoken),
    direct: fixture.direct.map(({ personId }) => personId),
    chats: fixture.writtenIn,
  };
}

// Proves: Words of a channel come out only where its people read by fake
test('a reminder of a private channel is not spoken to others: its author reads it', async () => {
  const fixture = await openLounge({ barred: ['eva'] });
  expect(await findWays(fixture)).toEqual({
    isSpoken: false,
    direct: ['adam'],
    chats: [],
  });
  expect(fixture.direct[0]?.text).toContain(text);
});

test('it is spoken where all may open its channel, or nobody else sits, and a timer everywhere', async () => {
  for (const options of [{}, { people: [adam] }, { barred: ['eva'], words: '' }]) {
    const ways = await findWays(await openLounge(options));
    expect(ways).toEqual({ isSpoken: true, direct: [], chats: [] });
  }
});

test('it is not spoken where captions would show it to more people: its author reads it', async () => {
  const fixture = await openLounge({ dueMs: 20_000 });
  void fixture.captions.turnOn(g, {});
  await passTime(fixture, 19_000);
  const ways = await findWays(fixture);
  expect(ways).toMatchObject({ isSpoken: false, direct: ['adam'] });
});

test('a reminder that waits for a pause is not spoken once somebody came who may not know it', async () => {
  const fixture = await openLounge({ barred: ['ben'] });
  await fixture.talk.sayText(g, 'One. Two. Three. Four. Five. Six.', 'queue');
  await passTime(fixture, 1_500); // It is due, and waits for the end of that.
  expect(fixture.synthesizer.asked.length).toBeGreaterThan(0);
  fixture.linkOpener.link.present.push(ben);
  expect(await findWays(fixture)).toMatchObject({ isSpoken: false, direct: ['adam'] });
});

test('an author who takes no direct messages reads it in the chat of its channel', async () => {
  const fixture = await openLounge({ barred: ['eva'] });
  fixture.closed.add('adam');
  expect(await findWays(fixture)).toEqual({
    isSpoken: false,
    direct: [],
    chats: ['Den'],
  });
});

test('the list of reminders that a model tells aloud has no words of another channel', async () => {
  const fixture = await openLounge({ dueMs: 60_000 });
  void fixture.talk.askQuestion(g, 'Which reminders do I have?', adam, 'voice');
  await passTime(fixture, 3_000);
  const results = JSON.stringify(fixture.lists.results);
  expect(results).toContain('number 1');
  expect(results).not.toContain('party');
});
