import {
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { openTalking } from './talking-setup.ts';

const never = new AbortController().signal;

test('a voice that the server refuses gives way to its usual one, and is asked for once', async () => {
  await using talking = await openTalking({
    answer: () => ({ text: 'It is five.' }),
    voices: ['cedar'],
  });
  const reported: string[] = [];
  const onGone = (name: string, of: string) =>
    void reported.push(`${name} of the ${of}`);
  const texts: string[] = [];
  for (const question of ['hello', 'and now?']) {
    const host = new FakeHost();
    host.release();
    const turn = makeTurn(toUtterance(question));
    const style = { ...turn.style, voice: { name: 'marin', onGone } };
    const answer = talking.pipeline.answer({ ...turn, style }, host, never);
    texts.push(joinTexts(await Array.fromAsync(answer)).trim());
  }
  expect(texts).toEqual(['It is five.', 'It is five.']);
  expect(reported).toEqual(['marin of the model']);
  const { calls } = talking.server;
  expect(calls.map(({ errors }) => errors)).toEqual([['invalid_value'], [], []]);
  const instructions = calls.map(({ commands }) => JSON.stringify(commands));
  expect(instructions.at(-1)).toContain('Be brief.');
});
