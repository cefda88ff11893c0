import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { ServerVocabulary } from '#src/features/words/server-vocabulary.ts';
import { withSpokenForm } from '#src/speech/text-language/spoken-form.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  passTime,
  readBy,
} from '#test/conversation/setup/session-fixture.ts';
import { admitServerErasure } from '#test/fakes/admitted-erasures.ts';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Adam called the bot into the Lounge; voices say words as the server has it. */
async function joinLounge(overrides: Parameters<typeof openSessionFixture>[0] = {}) {
  const clock = new VirtualClock();
  const fake = new FakeSynthesizer();
  const detector = { detect: async () => undefined };
  const synthesizer = withSpokenForm(fake, { detector, languages: ['en'] });
  const chat = new FakeChat([['Kubernetes is up, Ana.']], clock);
  const fixture = openSessionFixture(
    { chat, synthesizer, ...overrides },
    [adam],
    clock,
  );
  const control = new ServerVocabulary({ clock }, fixture.sessions.settings);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await passTime(fixture, 11_000);
  return {
    ...fixture,
    control,
    listSpoken: () => fake.texts,
    chat,
  };
}

test('a word is added, replaced however it is written, listed, and taken away', async () => {
  const { control } = await joinLounge();
  expect(await control.addWord(toGuildId('g'), '  New\n  Relic ')).toEqual({
    kind: 'added',
    word: { word: 'New Relic' },
    saved: true,
  });
  expect(
    await control.addWord(toGuildId('g'), 'NEW RELIC', 'new rellick'),
  ).toMatchObject({
    kind: 'replaced',
  });
  await control.addWord(toGuildId('g'), 'Ana');
  expect(await control.listWords(toGuildId('g'))).toEqual({
    words: [{ word: 'Ana' }, { word: 'NEW RELIC', say: 'new rellick' }],
    isRead: true,
    limit: 200,
  });
  expect(await control.removeWord(toGuildId('g'), 'new  relic')).toMatchObject({
    kind: 'removed',
    saved: true,
  });
  expect(await control.removeWord(toGuildId('g'), 'new relic')).toEqual({
    kind: 'unknown',
    known: ['Ana'],
  });
  expect((await control.listWords(toGuildId('other'))).words).toEqual([]);
});

test('answers, texts that are read out and sounds of speech say a word otherwise than it is written', async () => {
  const fixture = await joinLounge();
  await fixture.control.addWord(toGuildId('g'), 'Kubernetes', 'koo-ber-net-ees');
  const pending = fixture.talk.askQuestion(toGuildId('g'), 'How is it?', adam, 'voice');
  await passTime(fixture, 8_000);
  expect(readBy(await pending)).toMatchObject({ text: 'Kubernetes is up, Ana.' });
  expect(fixture.of('answered').at(-1)?.heardText).toBe('Kubernetes is up, Ana.');
  await fixture.talk.sayText(toGuildId('g'), 'I like KUBERNETES', 'queue');
  await fixture.talk.sayText(toGuildId('g'), 'Kubernetes again', 'queue', {
    track: 'side',
    owner: adam,
  });
  await passTime(fixture, 8_000);
  expect(fixture.listSpoken()).toEqual(
    expect.arrayContaining([
      'koo-ber-net-ees is up,',
      'I like koo-ber-net-ees',
      'koo-ber-net-ees again',
    ]),
  );
  expect(fixture.listSpoken().join()).not.toMatch(/kubernetes/i);
  await fixture.control.removeWord(toGuildId('g'), 'Kubernetes');
  await fixture.talk.sayText(toGuildId('g'), 'Kubernetes is left', 'queue');
  await passTime(fixture, 8_000);
  expect(fixture.listSpoken()).toContain('Kubernetes is left');
});

test('words are there after a restart, and gone with the server', async () => {
  const before = await joinLounge();
  const { guildStore, settingsStore } = before;
  await before.control.addWord(toGuildId('g'), 'Łódź', 'woodge');
  expect(
    (await (await joinLounge({ settingsStore })).control.listWords(toGuildId('g')))
      .words,
  ).toEqual([{ word: 'Łódź', say: 'woodge' }]);
  await guildStore.eraseGuild(admitServerErasure(toGuildId('g')));
  const rejoined = await joinLounge({ settingsStore });
  expect((await rejoined.control.listWords(toGuildId('g'))).words).toEqual([]);
});
