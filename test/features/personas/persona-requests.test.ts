import { expect, test } from 'vitest';
import type { Persona } from '#src/conversation/settings/persona.ts';
import type { ChoiceOutcome, PersonaCaller } from '#src/features/personas/persona-outcomes.ts';
import { chained } from '#src/pipeline/chained.ts';
import { openServed } from '#test/conversation/setup/served-session.ts';
import {
  adam,
  den,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import type { TalkCall } from '#test/fakes/providers/realtime-call.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

const speech = 'human-cards-004';
const pirate: Persona = {
  name: 'Pirate',
  instructions: 'Talk like a pirate.',
  voice: 'rms',
  tone: 'Hoarse.',
};
const dj: PersonaCaller = { guildId: 'g', id: 'adam', mayManage: false };
const guest: PersonaCaller = { ...dj, id: 'eva' };
const manager: PersonaCaller = { ...guest, mayManage: true };
const toPirate = { persona: 'pirate', place: 'channel' } as const;

/** A session that Adam, alone there unless others are given, has called; it knows the pirate. */
async function called(over: FixtureOptions = {}, people = [adam]): Promise<SessionFixture> {
  const fixture = openSessionFixture(over, people);
  await fixture.sessions.join(lounge, 'adam');
  await fixture.personas.save('g', pirate);
  await pass(fixture, 100);
  return fixture;
}

/** Adam says something and whatever comes of it is over. */
async function ask(fixture: SessionFixture): Promise<void> {
  await pass(fixture, 6_000, await words(speech, adam, fixture.clock.nowMs()));
}

function questionOf(outcome: ChoiceOutcome): string {
  if (outcome.kind !== 'chosen' || outcome.questionId === undefined)
    throw new Error(`Nothing was asked: ${JSON.stringify(outcome)}`);
  return outcome.questionId;
}

/** The last voice that a Realtime conversation was told to have. */
function voiceOf({ commands }: TalkCall): unknown {
  const voices = commands.map((command) => JSON.stringify(command).match(/"voice":"(\w+)"/)?.[1]);
  return voices.findLast((one) => one !== undefined);
}

const requests = ({ chat }: SessionFixture) => chat.asked.map(({ messages }) => messages);

test('the next answer after a switch is that of the persona: its words, its voice, its tone', async () => {
  const fixture = await called();
  await ask(fixture);
  expect(await fixture.personas.choose(dj, toPirate)).toMatchObject({
    kind: 'chosen',
    persona: 'Pirate',
    voice: 'rms',
    channel: 'Lounge',
    saved: true,
  });
  await ask(fixture);
  const heads = requests(fixture).map(([head]) => head?.content ?? '');
  expect(heads[0]).toContain('Be brief.');
  expect(heads.at(-1)).toMatch(/^Talk like a pirate\. Your name is Pirate\./);
  expect(fixture.synthesizer.asked.map(({ voice }) => voice)).toEqual([
    { name: 'slt' },
    { name: 'rms', instructions: 'Hoarse.' },
  ]);
});

test('a voice never changes inside an answer: one that sounds ends as it began', async () => {
  const synthesizer = new FakeSynthesizer({ pieces: 30 });
  const long = [Array.from({ length: 12 }, (_, n) => `This is sentence number ${n}. `)];
  const pipeline = chained({ chat: new FakeChat(long), synthesizer });
  const fixture = openSessionFixture({ pipeline }, [adam]);
  await fixture.sessions.join(lounge, 'adam');
  await fixture.personas.save('g', pirate);
  const packets = await words(speech, adam, fixture.clock.nowMs());
  await pass(fixture, 4_000, packets);
  const { length } = synthesizer.asked;
  expect(length).toBeGreaterThan(0);
  await fixture.personas.choose(dj, toPirate);
  await pass(fixture, 50_000);
  expect(fixture.of('answered').map(({ finish }) => finish)).toEqual(['completed']);
  const voices = synthesizer.asked.map(({ voice }) => voice.name);
  expect(voices.length).toBeGreaterThan(length);
  expect(new Set(voices)).toEqual(new Set(['slt']));
});

test('a switch asks once what becomes of the conversation, and keeps it until somebody says otherwise', async () => {
  const fixture = await called();
  expect(await fixture.personas.choose(dj, toPirate)).not.toHaveProperty('questionId');
  await ask(fixture);
  const id = questionOf(await fixture.personas.choose(dj, { persona: null, place: 'channel' }));
  await ask(fixture);
  expect(requests(fixture).at(-1)).toHaveLength(4);
  expect(fixture.personas.settle(dj, id, 'keep')).toBe('kept');
  expect(fixture.personas.settle(dj, id, 'clear')).toBe('over');
});

test('a cleared conversation is shown to nobody any more', async () => {
  const fixture = await called();
  await ask(fixture);
  const id = questionOf(await fixture.personas.choose(dj, toPirate));
  expect(fixture.personas.settle(dj, id, 'clear')).toBe('cleared');
  await ask(fixture);
  expect(requests(fixture).at(-1)).toHaveLength(2);
});

test('a question of a former session clears nothing of the next', async () => {
  const fixture = await called();
  await ask(fixture);
  const id = questionOf(await fixture.personas.choose(dj, toPirate));
  const leaving = fixture.sessions.leave('g');
  await pass(fixture, 2_000);
  await leaving;
  await fixture.sessions.join(lounge, 'adam');
  expect(fixture.personas.settle(dj, id, 'clear')).toBe('over');
});

test('only a DJ chooses: alone with the bot, by role, or by Manage Server', async () => {
  const fixture = await called({ djRoleId: '7' }, [{ ...adam, roleIds: ['7'] }, eva]);
  expect(await fixture.personas.choose(guest, toPirate)).toEqual({ kind: 'denied' });
  expect(await fixture.personas.choose(dj, toPirate)).toMatchObject({ kind: 'chosen' });
  expect(await fixture.personas.choose(manager, toPirate)).toMatchObject({ kind: 'chosen' });
  expect(fixture.personas.settle(guest, 'whatever', 'clear')).toBe('denied');
});

test('a channel keeps its own persona when the server gets another', async () => {
  const fixture = await called();
  await fixture.personas.save('g', { name: 'Nurse', instructions: 'Be kind.' });
  await fixture.personas.choose(dj, toPirate);
  const other = await fixture.personas.choose(manager, { persona: 'nurse', place: 'server' });
  expect(other).toMatchObject({ persona: 'Nurse' });
  const { settings } = fixture.sessions;
  expect(settings.at('g', lounge.channelId).persona?.name).toBe('Pirate');
  expect(settings.at('g', den.channelId).persona?.name).toBe('Nurse');
});

test('where the bot sits nowhere, who manages the server chooses for all of it', async () => {
  const { personas } = openSessionFixture();
  await personas.save('g', pirate);
  expect(await personas.choose(dj, toPirate)).toEqual({ kind: 'denied' });
  expect(await personas.choose(manager, toPirate)).toEqual({ kind: 'nowhere' });
  const server = { persona: 'Pirate', place: 'server' } as const;
  expect(await personas.choose(manager, server)).toMatchObject({ persona: 'Pirate' });
});

test('an unknown name changes nothing, and the known ones are told', async () => {
  const { personas } = await called();
  const typo = await personas.choose(dj, { persona: 'pirat', place: 'channel' });
  expect(typo).toEqual({ kind: 'unknown-persona', known: ['Pirate'] });
  const voice = await personas.choose(dj, { voice: 'rmz', place: 'channel' });
  expect(voice).toEqual({ kind: 'unknown-voice', known: ['slt', 'rms'] });
  const brained = await personas.save('g', { ...pirate, brain: 'deep' });
  expect(brained).toEqual({ kind: 'unknown-brain', name: 'deep', known: [] });
  const voiced = await personas.save('g', { ...pirate, voices: { de: 'gone' } });
  expect(voiced).toMatchObject({ kind: 'unknown-voice', name: 'gone' });
});

test('a persona that is edited or renamed changes where it is in use, and a removed one is nobody', async () => {
  const fixture = await called();
  const { personas, sessions } = fixture;
  await personas.choose(dj, toPirate);
  await personas.save('g', { ...pirate, instructions: 'Talk like a captain.' }, 'Pirate');
  const here = () => sessions.settings.at('g', lounge.channelId).instructions;
  expect(here()).toBe('Talk like a captain.');
  await personas.save('g', { ...pirate, name: 'Captain' }, 'pirate');
  expect(await personas.names('g')).toEqual(['Captain']);
  expect(sessions.settings.at('g', lounge.channelId).persona?.name).toBe('Captain');
  expect(await personas.remove('g', 'captain')).toEqual({ kind: 'removed', saved: true });
  expect(here()).toBe('Be brief.');
  expect(await personas.remove('g', 'captain')).toEqual({ kind: 'unknown' });
});

test('a server has no more personas than can be suggested', async () => {
  const { personas } = await called();
  for (let n = 2; n <= 25; n++) {
    const one = { name: `Persona ${n}`, instructions: 'Be.' };
    expect(await personas.save('g', one)).toMatchObject({ kind: 'saved' });
  }
  const more = { name: 'More', instructions: 'Be.' };
  expect(await personas.save('g', more)).toEqual({ kind: 'full', limit: 25 });
  expect(await personas.save('g', pirate)).toMatchObject({ kind: 'saved' });
});

test('personas and who is in use survive a restart, and other servers never see them', async () => {
  const before = await called();
  await before.personas.choose(dj, toPirate);
  const { personas, sessions } = openSessionFixture({ settingsStore: before.settingsStore });
  expect(await personas.find('g', ' PIRATE ')).toEqual(pirate);
  expect(sessions.settings.at('g', lounge.channelId).persona).toEqual(pirate);
  expect(await personas.names('h')).toEqual([]);
});

test('a Realtime conversation is begun anew for another voice, and knows what was said', async () => {
  const replies = [
    { match: 'forward', text: 'Ten meters it is.' },
    { match: 'capital', text: 'Paris.' },
  ];
  await using served = await openServed('realtime', { replies, people: [adam] });
  await served.ask('forward');
  expect(served.providers.talk.calls).toHaveLength(1);
  await served.fixture.personas.save('g', pirate);
  await served.fixture.personas.choose(dj, toPirate);
  await served.until(() => served.providers.talk.open === 0, 'the end of the former conversation');
  await served.ask('capital');
  expect(served.providers.talk.calls).toHaveLength(2);
  expect(served.providers.talk.calls.map(voiceOf)).toEqual(['slt', 'rms']);
  expect(served.shown).toContain('assistant: Ten meters it is.');
  expect(served.providers.talk.calls.flatMap(({ errors }) => errors)).toEqual([]);
});
