import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { tools } from '#src/features/features.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { NewMemory } from '#src/stores/memory-store.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  makePerson,
  openSessionFixture,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import type { ChatStep, FakeChat } from '#test/fakes/fake-chat.ts';

export const ben: ChannelMember = { ...makePerson('Ben'), name: 'Ben Mole' };
export const otherBot: ChannelMember = { ...makePerson('Otto'), isBot: true };

/** Adam, Eva and Ben sit there with a yes for always, beside another bot; the server has memories on. */
export async function openMemories(
  rounds: readonly (readonly ChatStep[])[] = [],
  overrides: FixtureOptions = {},
  agreed: readonly ChannelMember[] = [adam, eva, ben],
) {
  const people = [adam, eva, ben, otherBot];
  const fixture = openSessionFixture(
    { rounds, pieces: 2, tools, ...overrides },
    people,
  );
  await fixture.settings.setSetting(toGuildId('g'), 'memory', 'on');
  await fixture.sessions.join(lounge, toPersonId('adam'));
  for (const { id } of agreed) await fixture.privacy.allow(toGuildId('g'), id);
  await passTime(fixture, 40);
  const listKept = () => fixture.transcripts.onDisk.memories.list(toGuildId('g'));
  const keepMemory = (memory: Partial<NewMemory>) =>
    fixture.transcripts.onDisk.memories.add({ ...tea, ...memory });
  return { fixture, chat: fixture.chat, kept: listKept, keep: keepMemory };
}

const tea: NewMemory = {
  guildId: toGuildId('g'),
  text: 'I like tea.',
  byId: toPersonId('adam'),
  byName: 'Adam',
  atWallMs: Date.UTC(2026, 10, 20),
};

export async function askWords(fixture: SessionFixture, text: string, who = adam) {
  void fixture.talk.askQuestion(toGuildId('g'), text, who, 'voice');
  await passTime(fixture, 4_000);
}

export const listShown = (chat: FakeChat) =>
  (chat.asked.at(-1)?.messages ?? [])
    .filter((message) => message.role === 'user')
    .map(({ content }) => content)
    .find((text) => text.includes('<memories>')) ?? '';
