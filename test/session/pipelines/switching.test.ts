import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { pipelineNames } from '#src/pipeline/pipeline.ts';
import { textOf } from '#test/session/setup/sayings.ts';
import { openServed } from '#test/session/setup/served-session.ts';

const replies = [
  { match: 'forward', text: 'Ten meters it is.' },
  { match: 'capital', text: 'Paris.' },
];
const twoQuestions = [
  `user: Adam: ${textOf('forward')}`,
  'assistant: Ten meters it is.',
  `user: Adam: ${textOf('capital')}`,
  'assistant: Paris.',
];

test('every pipeline keeps the contract, in a file of its own', async () => {
  const files = await readdir(new URL('.', import.meta.url));
  const own = pipelineNames.map((name) => `${name}.test.ts`);
  expect(files.toSorted()).toEqual([...own, 'switching.test.ts'].toSorted());
});

test('whatever answers next knows all that was said before, there and back', async () => {
  await using room = await openServed('chained', { replies });
  const before: string[] = [];
  for (const name of [...pipelineNames, ...pipelineNames.toReversed()]) {
    expect(await room.fixture.settings.set('g', 'pipeline', name)).toMatchObject({ kind: 'set' });
    expect(await room.ask('forward')).toMatchObject({ heardText: 'Ten meters it is.' });
    expect([room.name, room.shown]).toEqual([name, [...before, ...twoQuestions.slice(0, 1)]]);
    await room.ask('capital');
    expect(room.shown).toEqual([...before, ...twoQuestions.slice(0, 3)]);
    before.push(...twoQuestions);
  }
  expect(room.providers.talk.calls.flatMap(({ errors }) => errors)).toEqual([]);
});

test('a switch in the middle of an answer lets it end, and only then its connection is closed', async () => {
  await using room = await openServed('realtime', { replies });
  await room.say('forward');
  await room.until(() => room.soundedMs(400) > 300, 'the beginning of an answer');
  await room.fixture.settings.set('g', 'pipeline', 'chained');
  expect(room.providers.talk.open).toBe(1);
  await room.until(() => room.fixture.of('answered').length > 0, 'the rest of it');
  expect(room.fixture.of('answered')).toMatchObject([{ heardText: 'Ten meters it is.' }]);
  await room.ask('capital');
  expect(room.shown).toEqual(twoQuestions.slice(0, 3));
  expect(room.providers.talk.open).toBe(0);
});
