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
    'Nova left that alone: with several people it answers to its name ("Nova, ...") or after Ask.',
  ],
  ['dismissed', 'attend', 'Nova left that alone: it was told that it was not meant.'],
  ['mentioned', 'attend', 'Nova left that alone: it was talked about, not talked to.'],
  ['off', 'attend', 'Nova left that alone: it answers commands only.'],
  ['bot', 'attend', 'Nova left that alone: it does not answer bots.'],
] as const)('why %j is not answered is told in one sentence', (why, stage, line) => {
  const silence = silenceOf(why, 'Nova');
  expect(silence.stage).toBe(stage);
  expect(silenceLine(silence, 'Nova')).toBe(line);
});
