import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { FakeChat } from '#test/fakes/fake-chat.ts';
import { openCompletions } from '#test/web/api/completions-setup.ts';
import { openHeldEngine } from './held-engine.ts';

/** The example as people run it, against this address. */
function runExample(baseURL: string, ...words: readonly string[]) {
  return runWith({ PARLEY_URL: baseURL, PARLEY_TOKEN: 'parley_dog' }, ...words);
}

function runWith(env: Record<string, string>, ...words: readonly string[]) {
  return spawn(process.execPath, ['examples/play.mjs', ...words], {
    env,
    timeout: 30_000,
  });
}

test.each([
  ['say', ''],
  ['ask', 'It is ready.'],
])(
  '%s writes the first samples while the engine still holds back the rest',
  async (verb, reported) => {
    const engine = openHeldEngine();
    const chat = new FakeChat([['It is ready.']]);
    await using served = await openCompletions({
      synthesizer: engine.synthesizer,
      chat,
    });
    const child = runExample(served.baseURL, verb, 'Is it ready?');
    let text = '';
    child.stderr.on('data', (data) => {
      text += data;
    });
    const closed = once(child, 'close');
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    let bytes = first.length;
    expect(bytes).toBeLessThanOrEqual(9_600);
    expect(engine.isReading()).toBe(1);
    child.stdout.on('data', (data: Buffer) => {
      bytes += data.length;
    });
    engine.letGo();
    expect([(await closed)[0], bytes, text]).toEqual([0, 19_200, reported]);
  },
);

test('a refused move is explained in words', async () => {
  await using served = await openCompletions();
  const child = runExample(served.baseURL, 'say', '...');
  const reported = child.stderr.setEncoding('utf8').toArray();
  const [code] = await once(child, 'close');
  expect([code, (await reported).join('')]).toEqual([
    1,
    expect.stringContaining('There is nothing in that text that can be said.'),
  ]);
});

test('without a token one line says how to make one', async () => {
  const child = runWith({}, 'say', 'Hello.');
  const reported = child.stderr.setEncoding('utf8').toArray();
  const [code] = await once(child, 'close');
  expect([code, (await reported).join('')]).toEqual([
    1,
    'PARLEY_TOKEN is not set: npm run token -- create NAME --server ID --scopes chat,audio\n',
  ]);
});
