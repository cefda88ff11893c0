import { expect, test } from 'vitest';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { Persona } from '#src/conversation/settings/persona.ts';
import { chained } from '#src/pipeline/chained.ts';
import { kept } from '#test/conversation/setup/captioned.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeChat } from '#test/fakes/chat.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer, FakeTranscriber } from '#test/fakes/speech.ts';

const luna: Persona = {
  name: 'Luna',
  instructions: 'You are dreamy.',
  voice: 'rms',
  tone: 'Soft.',
};
const max: Persona = { name: 'Max', instructions: 'You are gruff.', language: 'de' };
const dj = { guildId: 'g', id: 'adam', mayManage: true };

type CallOptions = {
  readonly isOn?: boolean;
  readonly people?: readonly (typeof adam)[];
  readonly tookMs?: number;
};

/** Nova, with Luna and Max beside her; `say` has Adam say what is heard as these words. */
async function called({
  isOn = true,
  people = [adam, eva],
  tookMs = 0,
  ...over
}: CallOptions & FixtureOptions = {}) {
  let heard = '';
  const clock = new VirtualClock();
  const chat = new FakeChat([['First.'], ['Second.'], ['Third.'], ['Fourth.']], clock);
  const synthesizer = new FakeSynthesizer({ pieces: 10 });
  const transcriber = new FakeTranscriber({ texts: () => heard, clock, tookMs });
  const pipeline = chained({ chat, synthesizer });
  const parts = { chat, synthesizer, transcriber, pipeline, addressing: 'auto', ...over } as const;
  const fixture = openSessionFixture(parts, people, clock);
  for (const persona of [luna, max]) await fixture.personas.save('g', persona);
  if (isOn) await fixture.sessions.settings.set('g', 'personas_answer', 'on');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 3_000);
  const before = synthesizer.asked.length;
  const say = async (text: string, ms = 5_000) => {
    heard = text;
    await pass(fixture, ms, await words('human-goforward', adam, clock.nowMs()));
  };
  const voices = () => synthesizer.asked.slice(before).map(({ voice }) => voice.name);
  return { ...fixture, chat, say, voices };
}

/** Instructions of a request, and the rest of it as lines. */
function shown(messages: readonly ChatMessage[] = []) {
  const [system, ...rest] = messages;
  const lines = rest.map((one) => `${'name' in one ? one.name : 'itself'}: ${one.content}`);
  return { instructions: system?.content ?? '', lines };
}

test('whoever is called answers as themselves, goes on without a name, and knows what the others said', async () => {
  const fixture = await called();
  const last = () => shown(fixture.chat.asked.at(-1)?.messages);
  await fixture.say('Nova, who are you?');
  await fixture.say('Luna, what do you think?');
  expect(last().instructions).toMatch(/^You are dreamy\. Your name is Luna\./);
  expect(last().instructions).toContain('Others answer here, too: Nova, Max.');
  expect(last().lines).toEqual([
    'Adam: Nova, who are you?',
    'Nova: First.',
    'Adam: Luna, what do you think?',
  ]);
  await fixture.say('And why is that?');
  expect(last().instructions).toMatch(/^You are dreamy\./);
  expect(last().lines.slice(2)).toEqual([
    'Adam: Luna, what do you think?',
    'itself: Second.',
    'Adam: And why is that?',
  ]);
  expect(fixture.voices()).toEqual(['slt', 'rms', 'rms']);
  await fixture.say('Nova, do you agree?');
  expect(last().instructions).toMatch(/^Be brief\. Others answer here, too: Luna, Max\./);
  expect(last().lines.slice(-3)).toEqual([
    'Adam: And why is that?',
    'Luna: Third.',
    'Adam: Nova, do you agree?',
  ]);
  expect(fixture.voices().at(-1)).toBe('slt');
});

test('after the window the persona of the channel answers again', async () => {
  const fixture = await called({ people: [adam] });
  await fixture.say('Luna, what do you think?');
  await pass(fixture, 9_000);
  await fixture.say('And what time is it?');
  expect(fixture.voices()).toEqual(['rms', 'slt']);
  expect(shown(fixture.chat.asked.at(-1)?.messages).lines).toContain('Luna: First.');
});

test('unless the server has them answer, only the persona of the channel does', async () => {
  const fixture = await called({ isOn: false });
  await fixture.say('Luna, what do you think?');
  expect(fixture.chat.asked).toEqual([]);
  await fixture.personas.choose(dj, { persona: 'luna', place: 'channel' });
  await fixture.say('Luna, what do you think?');
  expect(fixture.voices()).toEqual(['rms']);
  expect(shown(fixture.chat.asked[0]?.messages).instructions).not.toContain('Others');
});

test('a persona that becomes that of the channel still knows who said what', async () => {
  const fixture = await called({ people: [adam] });
  await fixture.personas.choose(dj, { persona: 'max', place: 'channel' });
  await fixture.say('What time is it?');
  await fixture.personas.choose(dj, { persona: 'luna', place: 'channel' });
  await fixture.say('Who said that?');
  expect(shown(fixture.chat.asked.at(-1)?.messages).lines).toEqual([
    'Adam: What time is it?',
    'Max: First.',
    'Adam: Who said that?',
  ]);
});

test('a persona with a language of its own answers in it, whoever calls it', async () => {
  const fixture = await called();
  await fixture.say('Max, what do you think?');
  const { instructions } = shown(fixture.chat.asked[0]?.messages);
  expect(instructions).toContain('Always answer in German.');
  expect(instructions).not.toContain('English');
});

test('while the words are not known no answer is begun ahead, which might be of the wrong persona', async () => {
  const fixture = await called({ people: [adam], tookMs: 1_500 });
  await fixture.say('Luna, what do you think?', 8_000);
  const asked = fixture.chat.asked.map(({ messages }) => shown(messages).instructions);
  expect(asked).toEqual([expect.stringMatching(/^You are dreamy/)]);
  expect(fixture.voices()).toEqual(['rms']);
});

test('the panel and the captions name the persona that speaks', async () => {
  const fixture = await called();
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 6_000);
  await turning;
  await fixture.say('Luna, what do you think?', 6_000);
  await fixture.say('Nova, and you?', 6_000);
  const faces = fixture.faces.filter(({ state }) => state.kind === 'speaking');
  expect(new Set(faces.map(({ persona }) => persona))).toEqual(new Set(['Luna', undefined]));
  const lines = (await kept(fixture)).map(({ speaker, text }) => `${speaker.name}: ${text}`);
  expect(lines).toEqual([
    'Adam: Luna, what do you think?',
    'Luna: First.',
    'Adam: Nova, and you?',
    'Nova: Second.',
  ]);
});

test('after a break it is still known who said what', async () => {
  const fixture = await called({ people: [adam] });
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 6_000);
  await turning;
  await fixture.say('Luna, what do you think?', 6_000);
  const leaving = fixture.sessions.leave('g');
  await pass(fixture, 8_000);
  await leaving;
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 6_000);
  await fixture.say('Nova, who said that?', 6_000);
  expect(shown(fixture.chat.asked.at(-1)?.messages).lines).toContain('Luna: First.');
});

test('what is typed under the name of a persona is answered by it, and signed', async () => {
  const fixture = await called();
  const asking = fixture.talk.ask('g', 'Luna, what do you think?', adam, 'text');
  await pass(fixture, 2_000);
  expect(await asking).toMatchObject({ kind: 'answered', by: 'Luna' });
  const said = await fixture.say('Nova, what do you think?').then(() => fixture.chat.asked.length);
  const again = fixture.talk.ask('g', 'Luna, and now?', adam, 'text');
  await pass(fixture, 2_000);
  await again;
  expect(shown(fixture.chat.asked[said]?.messages).lines).toContain('Nova: Second.');
  const aloud = fixture.talk.ask('g', 'Max, what do you think?', adam, 'voice');
  await pass(fixture, 5_000);
  expect(await aloud).toMatchObject({ kind: 'answered', by: 'Max' });
  const program = { id: 'adam', name: 'Adam', isProgram: true } as const;
  const third = fixture.talk.ask('g', 'Luna, what do you think?', program, 'text');
  await pass(fixture, 2_000);
  expect(await third).toMatchObject({ kind: 'answered', by: undefined });
  const asked = fixture.chat.asked.map(({ messages }) => shown(messages).instructions);
  const who = asked.map((one) => /dreamy|gruff|brief/.exec(one)?.[0]);
  expect(who).toEqual(['dreamy', 'brief', 'dreamy', 'gruff', 'brief']);
});
