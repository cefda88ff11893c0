import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PersonaCaller } from '#src/features/personas/persona-outcomes.ts';
import { readBy } from '#test/conversation/setup/read-outcome.ts';
import { openServed, type ServedSession } from '#test/conversation/setup/served-session.ts';
import { adam } from '#test/conversation/setup/session-fixture.ts';

const dj: PersonaCaller = { guildId: 'g', id: 'adam', mayManage: false };
const replies = [
  { match: 'forward', text: 'Ten meters it is.' },
  { match: 'capital', text: 'Paris.' },
];

/** A file with a brain of each pipeline, all on the servers of this session. */
function brainsFile(baseUrl: string): Readonly<Record<string, string>> {
  const path = join(mkdtempSync(join(tmpdir(), 'brains-')), 'brains.json');
  const brains = {
    quick: { baseUrl, model: 'quick-1', keyVariable: 'QUICK_KEY' },
    audio: { pipeline: 'audio-model', baseUrl, model: 'audio-1' },
    deep: { pipeline: 'realtime', baseUrl: baseUrl.replace('http', 'ws'), model: 'deep-1' },
  };
  writeFileSync(path, JSON.stringify(brains));
  return { BRAINS: path, QUICK_KEY: 'quick-key' };
}

/** Alone with Adam, chained, with a persona for each brain. */
async function served(settings = brainsFile): Promise<ServedSession> {
  const served = await openServed('chained', { replies, people: [adam], settings });
  for (const brain of ['quick', 'audio', 'deep']) {
    const persona = { name: `The ${brain}`, instructions: `You are ${brain}.`, brain };
    expect(await served.fixture.personas.save('g', persona)).toMatchObject({ kind: 'saved' });
  }
  return served;
}

/** Where nobody listens. */
const nowhere = 'http://127.0.0.1:9/v1';

const choose = (served: ServedSession, persona: string | null) =>
  served.fixture.personas.choose(dj, { persona, place: 'channel' });
const models = ({ providers }: ServedSession) =>
  providers.requests.flatMap(({ endpoint, body }) => (endpoint === 'chat' ? [body?.model] : []));

test('a persona thinks with its brain from the next answer on, and with the usual model after it', async () => {
  await using session = await served();
  await session.ask('forward');
  await choose(session, 'the quick');
  expect(await session.ask('capital')).toMatchObject({ heardText: 'Paris.' });
  expect(session.shown).toContain('assistant: Ten meters it is.');
  await choose(session, null);
  await session.ask('forward');
  expect(models(session)).toEqual(['writes', 'quick-1', 'writes']);
});

test('the key of a brain goes to its address, and the key of nobody else', async () => {
  await using session = await served();
  await choose(session, 'the quick');
  await session.ask('forward');
  const asked = session.providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer quick-key']);
});

test('a brain brings its pipeline: one that hears, or a Realtime conversation', async () => {
  await using session = await served();
  await choose(session, 'the audio');
  await session.ask('forward');
  expect(models(session)).toEqual(['audio-1']);
  await choose(session, 'the deep');
  await session.ask('capital');
  expect(session.providers.talk.calls).toHaveLength(1);
  expect(session.providers.talk.calls[0]?.url).toContain('deep-1');
  expect(models(session)).toEqual(['audio-1']);
});

test.each([
  ['quick', 'writes'],
  ['audio', 'hears'],
  ['deep', 'writes'],
])(
  'while the server of the brain %s fails, the usual model %s answers as the persona',
  async (brain, usual) => {
    await using session = await served(() => brainsFile(nowhere));
    await choose(session, `the ${brain}`);
    const { of } = session.fixture;
    for (const [n, question] of (['forward', 'capital'] as const).entries()) {
      await session.say(question);
      await patiently(session, () => of('answered').length > n);
    }
    const answered = of('answered');
    expect(answered.map(({ heardText }) => heardText)).toEqual(['Ten meters it is.', 'Paris.']);
    expect(new Set(models(session))).toEqual(new Set([usual]));
    expect(instructions(session)).toContain(`You are ${brain}.`);
  },
);

/** Lets time pass until it holds; whoever asks where nobody listens needs some of its own. */
async function patiently(served: ServedSession, holds: () => boolean): Promise<void> {
  for (let step = 0; step < 1_000 && !holds(); step++) {
    await served.pass(20);
    await wait(2);
  }
}

/** Instructions of the last model that was asked. */
function instructions({ providers }: ServedSession): string {
  const asked = providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  return JSON.stringify(asked.at(-1)?.body?.messages);
}

/** Time passes until the answer is there. */
async function written(served: ServedSession, question: string) {
  const asking = served.fixture.talk.ask('g', question, { id: 'adam', name: 'Adam' }, 'text');
  let isOver = false;
  void asking.finally(() => {
    isOver = true;
  });
  await patiently(served, () => isOver);
  return readBy(await asking);
}

test('what is answered in writing is answered by the brain of the channel, as its persona', async () => {
  await using session = await served();
  await choose(session, 'the quick');
  expect(await written(session, 'The capital?')).toEqual({ kind: 'answered', text: 'Paris.' });
  await choose(session, 'the audio');
  expect(await written(session, 'The capital?')).toMatchObject({ kind: 'answered' });
  await choose(session, 'the deep');
  expect(await written(session, 'The capital?')).toEqual({ kind: 'answered', text: 'Paris.' });
  expect(models(session)).toEqual(['quick-1', 'audio-1', 'writes']);
  expect(instructions(session)).toContain('You are deep.');
});

/** Where the bot sits nowhere, and the server has chosen the quick brain. */
async function away(settings?: typeof brainsFile): Promise<ServedSession> {
  const session = await served(settings);
  await session.fixture.sessions.leave('g');
  const request = { persona: 'the quick', place: 'server' } as const;
  await session.fixture.personas.choose({ ...dj, mayManage: true }, request);
  return session;
}

test('where the bot sits nowhere, the brain of the server answers in writing', async () => {
  await using served = await away();
  expect(await written(served, 'The capital?')).toEqual({ kind: 'answered', text: 'Paris.' });
  expect(models(served)).toEqual(['quick-1']);
  expect(instructions(served)).toContain('You are quick.');
});

test('while the brain fails the usual model writes, and whoever asks is told once', async () => {
  await using served = await away(() => brainsFile(nowhere));
  const line = { id: 'ask.instead', with: { brain: 'quick', other: 'writes' } };
  const answered = { kind: 'answered', text: 'Paris.' };
  expect(await written(served, 'The capital?')).toEqual({ ...answered, line });
  expect(await written(served, 'The capital?')).toEqual(answered);
  expect(models(served)).toEqual(['writes', 'writes']);
});

test.each(['chained', 'realtime'] as const)(
  'with %s, an answer of the new persona sounds within a second of a switch, its question aside',
  async (pipeline) => {
    await using served = await openServed(pipeline, { replies, people: [adam] });
    const pirate = { name: 'Pirate', instructions: 'Talk like a pirate.', voice: 'rms' };
    await served.fixture.personas.save('g', pirate);
    await served.ask('forward');
    const { clock } = served.fixture;
    const fromMs = clock.nowMs();
    await choose(served, 'pirate');
    const switchedMs = clock.nowMs() - fromMs;
    await served.say('capital');
    const endedAtMs = clock.nowMs();
    await served.until(() => served.soundFromMs(endedAtMs) > 0, 'the first sound');
    expect(switchedMs + clock.nowMs() - endedAtMs).toBeLessThan(1_000);
  },
);

test('a persona that is called thinks with its brain, and the conversation of another stays open', async () => {
  await using session = await served();
  const { providers } = session;
  await session.fixture.sessions.settings.set('g', 'personas_answer', 'on');
  const ask = async (question: string) => {
    const { length } = session.fixture.of('answered');
    void session.fixture.talk.ask('g', question, { id: 'adam', name: 'Adam' }, 'voice');
    await session.until(() => session.fixture.of('answered').length > length, question);
  };
  await ask('The deep, what is the capital?');
  expect([providers.talk.calls.length, models(session)]).toEqual([1, []]);
  await session.ask('forward'); // without a name: it goes on
  expect(models(session)).toEqual([]);
  await ask('Nova, how far forward?');
  expect(models(session)).toEqual(['writes']);
  expect(session.shown).toContain('user: The deep: Paris.');
  await ask('The deep, and the capital?');
  expect(providers.talk.calls).toHaveLength(1);
  const items = providers.talk.calls[0]?.items.map(({ text }) => text) ?? [];
  expect(items).toContain('Nova: Ten meters it is.');
  await session.fixture.sessions.settings.set('g', 'personas_answer', 'off');
  session.fixture.sessions.session('g')?.govern();
  await session.until(
    () => providers.talk.calls[0]?.isClosed === true,
    'the end of its conversation',
  );
  await session.fixture.sessions.settings.set('g', 'personas_answer', 'on');
  await ask('The quick, how far forward?');
  expect(models(session)).toEqual(['writes', 'quick-1']);
});
