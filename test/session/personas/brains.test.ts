import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { PersonaCaller } from '#src/session/ports/personas.ts';
import { readBy } from '#test/session/setup/read-outcome.ts';
import { openServed, type Served } from '#test/session/setup/served-session.ts';
import { adam } from '#test/session/setup/session-fixture.ts';

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
    ears: { pipeline: 'audio-model', baseUrl, model: 'ears-1' },
    deep: { pipeline: 'realtime', baseUrl: baseUrl.replace('http', 'ws'), model: 'deep-1' },
  };
  writeFileSync(path, JSON.stringify(brains));
  return { BRAINS: path, QUICK_KEY: 'quick-key' };
}

/** Alone with Adam, chained, with a persona for each brain. */
async function served(settings = brainsFile): Promise<Served> {
  const room = await openServed('chained', { replies, people: [adam], settings });
  for (const brain of ['quick', 'ears', 'deep']) {
    const persona = { name: `The ${brain}`, instructions: `You are ${brain}.`, brain };
    expect(await room.fixture.personas.save('g', persona)).toMatchObject({ kind: 'saved' });
  }
  return room;
}

/** Where nobody listens. */
const nowhere = 'http://127.0.0.1:9/v1';

const choose = (room: Served, persona: string | null) =>
  room.fixture.personas.choose(dj, { persona, place: 'channel' });
const models = ({ providers }: Served) =>
  providers.requests.flatMap(({ endpoint, body }) => (endpoint === 'chat' ? [body?.model] : []));

test('a persona thinks with its brain from the next answer on, and with the usual model after it', async () => {
  await using room = await served();
  await room.ask('forward');
  await choose(room, 'the quick');
  expect(await room.ask('capital')).toMatchObject({ heardText: 'Paris.' });
  expect(room.shown).toContain('assistant: Ten meters it is.');
  await choose(room, null);
  await room.ask('forward');
  expect(models(room)).toEqual(['writes', 'quick-1', 'writes']);
});

test('the key of a brain goes to its address, and the key of nobody else', async () => {
  await using room = await served();
  await choose(room, 'the quick');
  await room.ask('forward');
  const asked = room.providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  expect(asked.map(({ authorization }) => authorization)).toEqual(['Bearer quick-key']);
});

test('a brain brings its pipeline: one that hears, or a Realtime conversation', async () => {
  await using room = await served();
  await choose(room, 'the ears');
  await room.ask('forward');
  expect(models(room)).toEqual(['ears-1']);
  await choose(room, 'the deep');
  await room.ask('capital');
  expect(room.providers.talk.calls).toHaveLength(1);
  expect(room.providers.talk.calls[0]?.url).toContain('deep-1');
  expect(models(room)).toEqual(['ears-1']);
});

test.each([
  ['quick', 'writes'],
  ['ears', 'hears'],
  ['deep', 'writes'],
])(
  'while the server of the brain %s fails, the usual model %s answers as the persona',
  async (brain, usual) => {
    await using room = await served(() => brainsFile(nowhere));
    await choose(room, `the ${brain}`);
    const { of } = room.fixture;
    for (const [n, question] of (['forward', 'capital'] as const).entries()) {
      await room.say(question);
      await patiently(room, () => of('answered').length > n);
    }
    const answered = of('answered');
    expect(answered.map(({ heardText }) => heardText)).toEqual(['Ten meters it is.', 'Paris.']);
    expect(new Set(models(room))).toEqual(new Set([usual]));
    expect(instructions(room)).toContain(`You are ${brain}.`);
  },
);

/** Lets time pass until it holds; whoever asks where nobody listens needs some of its own. */
async function patiently(room: Served, holds: () => boolean): Promise<void> {
  for (let step = 0; step < 1_000 && !holds(); step++) {
    await room.pass(20);
    await wait(2);
  }
}

/** What the last model that was asked is told of who it is. */
function instructions({ providers }: Served): string {
  const asked = providers.requests.filter(({ endpoint }) => endpoint === 'chat');
  return JSON.stringify(asked.at(-1)?.body?.messages);
}

/** Time passes until the answer is there. */
async function written(room: Served, question: string) {
  const asking = room.fixture.talk.ask('g', question, { id: 'adam', name: 'Adam' }, 'text');
  let isOver = false;
  void asking.finally(() => {
    isOver = true;
  });
  await patiently(room, () => isOver);
  return readBy(await asking);
}

test('what is answered in writing is answered by the brain of the channel, as its persona', async () => {
  await using room = await served();
  await choose(room, 'the quick');
  expect(await written(room, 'The capital?')).toEqual({ kind: 'answered', text: 'Paris.' });
  await choose(room, 'the ears');
  expect(await written(room, 'The capital?')).toMatchObject({ kind: 'answered' });
  await choose(room, 'the deep');
  expect(await written(room, 'The capital?')).toEqual({ kind: 'answered', text: 'Paris.' });
  expect(models(room)).toEqual(['quick-1', 'ears-1', 'writes']);
  expect(instructions(room)).toContain('You are deep.');
});

/** Where the bot sits nowhere, and the server has chosen the quick brain. */
async function away(settings?: typeof brainsFile): Promise<Served> {
  const room = await served(settings);
  await room.fixture.sessions.leave('g');
  const wish = { persona: 'the quick', place: 'server' } as const;
  await room.fixture.personas.choose({ ...dj, mayManage: true }, wish);
  return room;
}

test('where the bot sits nowhere, the brain of the server answers in writing', async () => {
  await using room = await away();
  expect(await written(room, 'The capital?')).toEqual({ kind: 'answered', text: 'Paris.' });
  expect(models(room)).toEqual(['quick-1']);
  expect(instructions(room)).toContain('You are quick.');
});

test('while the brain fails the usual model writes, and whoever asks is told once', async () => {
  await using room = await away(() => brainsFile(nowhere));
  const line = { id: 'ask.instead', with: { brain: 'quick', other: 'writes' } };
  const answered = { kind: 'answered', text: 'Paris.' };
  expect(await written(room, 'The capital?')).toEqual({ ...answered, line });
  expect(await written(room, 'The capital?')).toEqual(answered);
  expect(models(room)).toEqual(['writes', 'writes']);
});

test.each(['chained', 'realtime'] as const)(
  'with %s, an answer of the new persona sounds within a second of a switch, its question aside',
  async (pipeline) => {
    await using room = await openServed(pipeline, { replies, people: [adam] });
    const pirate = { name: 'Pirate', instructions: 'Talk like a pirate.', voice: 'rms' };
    await room.fixture.personas.save('g', pirate);
    await room.ask('forward');
    const { clock } = room.fixture;
    const fromMs = clock.nowMs();
    await choose(room, 'pirate');
    const switchedMs = clock.nowMs() - fromMs;
    await room.say('capital');
    const endedAtMs = clock.nowMs();
    await room.until(() => room.soundFromMs(endedAtMs) > 0, 'the first sound');
    expect(switchedMs + clock.nowMs() - endedAtMs).toBeLessThan(1_000);
  },
);
