import { readdir } from 'node:fs/promises';
import { toGuildId } from '#src/base/ids.ts';
import { pipelineNames } from '#src/pipeline/pipeline.ts';
import { getSayingText } from '#test/conversation/setup/sayings.ts';
import { openServed } from '#test/conversation/setup/served-session.ts';

const replies = [
  { match: 'forward', text: 'Ten meters it is.' },
  { match: 'capital', text: 'Paris.' },
];
const twoQuestions = [
  `user: Adam: ${getSayingText('forward')}`,
  'assistant: Ten meters it is.',
  `user: Adam: ${getSayingText('capital')}`,
  'assistant: Paris.',
];

test('every pipeline keeps the contract, in a file of its own', async () => {
  const files = await readdir(new URL('./', import.meta.url));
  const [usual, ...others] = pipelineNames;
  // The usual tests play the first, and the long ones the others.
  const own = [`${usual}.test.ts`, ...others.map((name) => `${name}.long.test.ts`)];
  expect(files).toEqual(expect.arrayContaining(own));
});

test('whatever answers next knows all that was said before, there and back', async () => {
  await using served = await openServed('chained', { replies });
  const before: string[] = [];
  for (const name of [...pipelineNames, ...pipelineNames.toReversed()]) {
    expect(
      await served.fixture.settings.setSetting(toGuildId('g'), 'pipeline', name),
    ).toMatchObject({
      kind: 'set',
    });
    expect(await served.ask('forward')).toMatchObject({
      heardText: 'Ten meters it is.',
    });
    expect([served.name, served.shown]).toEqual([
      name,
      [...before, ...twoQuestions.slice(0, 1)],
    ]);
    await served.ask('capital');
    expect(served.shown).toEqual([...before, ...twoQuestions.slice(0, 3)]);
    before.push(...twoQuestions);
  }
  expect(served.providers.talk.calls.flatMap(({ errors }) => errors)).toEqual([]);
});

test('a switch in the middle of an answer lets it end, and the next one knows it', async () => {
  await using served = await openServed('realtime', { replies });
  await served.say('forward');
  await served.passUntil(
    () => served.soundedMs(400) > 300,
    'the beginning of an answer',
  );
  await served.fixture.settings.setSetting(toGuildId('g'), 'pipeline', 'chained');
  await served.passUntil(
    () => served.fixture.of('answered').length > 0,
    'the rest of it',
  );
  expect(served.fixture.of('answered')).toMatchObject([
    { heardText: 'Ten meters it is.' },
  ]);
  await served.ask('capital');
  expect(served.shown).toEqual(twoQuestions.slice(0, 3));
});
