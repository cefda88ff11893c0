import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { PersonaCaller } from '#src/session/ports/personas.ts';
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
async function served(): Promise<Served> {
  const room = await openServed('chained', { replies, people: [adam], settings: brainsFile });
  for (const brain of ['quick', 'ears', 'deep']) {
    const persona = { name: `The ${brain}`, instructions: `You are ${brain}.`, brain };
    expect(await room.fixture.personas.save('g', persona)).toMatchObject({ kind: 'saved' });
  }
  return room;
}

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
