import { fileURLToPath } from 'node:url';
import { readConfig } from '#src/config/config.ts';
import { openMockProviders } from '#test/fakes/providers/mock-providers.ts';
import { readScenes } from './eval-scene.ts';
import { makeSetup } from './eval-setup.ts';
import { evaluateSetup } from './evaluate.ts';

const folder = fileURLToPath(new URL('scenes', import.meta.url));

test('a scene that is spoken in the sandbox is heard, answered, judged and paid for', async () => {
  const scenes = (await readScenes(folder)).filter(({ name }) =>
    name.startsWith('alone with it'),
  );
  const replies = [{ match: /^/, text: 'A week has seven days.' }];
  await using mock = await openMockProviders({
    replies,
    hears: 'How many days does a week have?',
  });
  const servers = ['TRANSCRIPTION', 'CHAT_COMPLETION', 'SPEECH'];
  const addresses = servers.map((role) => [`${role}_BASE_URL`, mock.baseUrl]);
  const read = readConfig(Object.fromEntries(addresses));
  if (read.kind === 'bad') throw new Error(read.mistakes.join('\n'));
  const setup = await makeSetup('mock', read.config);
  const outcome = await evaluateSetup(setup, {
    scenes,
    folder,
    isText: false,
    judging: setup,
  });
  expect(outcome.scenes).toEqual([{ scene: scenes[0], mistakes: [] }]);
  expect(outcome.answerMs).toBeGreaterThan(0);
  expect(outcome.usd).toBeGreaterThan(0);
});
