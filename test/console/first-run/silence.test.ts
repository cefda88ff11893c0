import { expect, test } from 'vitest';
import { silenceLine, silenceOf } from '#src/console/first-run/silence.ts';

test.each([
  ['no-voice', 'hear', 'No words were recognised.'],
  ['empty', 'recognise', 'No words were recognised.'],
  [
    'hallucination',
    'recognise',
    'No words were recognised, only words that recognisers make of noise.',
  ],
  [
    'not-named',
    'attend',
    'Nova did not answer: with several people it answers to its name ("Nova, ...") or after Ask.',
  ],
  ['dismissed', 'attend', 'Nova did not answer: a person said that they did not mean it.'],
  ['mentioned', 'attend', 'Nova did not answer: people talked about it, not to it.'],
  ['off', 'attend', 'Nova did not answer: it answers commands only.'],
  ['bot', 'attend', 'Nova did not answer: it does not answer bots.'],
] as const)('why %j is not answered is told in one sentence', (why, stage, line) => {
  const silence = silenceOf(why, 'Nova');
  expect(silence.stage).toBe(stage);
  expect(silenceLine(silence, 'Nova')).toBe(line);
});
