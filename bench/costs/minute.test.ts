import { expect, test } from 'vitest';
import { costReport, costsOfMinute } from './minute.ts';

test('each part of the price of a minute counts in its sum', () => {
  for (const { hearUsd, thinkUsd, speakUsd, wholeUsd } of costsOfMinute()) {
    expect(hearUsd).toBeGreaterThan(0);
    expect(thinkUsd).toBeGreaterThan(0);
    expect(wholeUsd).toBeCloseTo(hearUsd + thinkUsd + speakUsd, 9);
  }
});

test('npm run bench:costs prints a row for each choice', () => {
  expect(costReport().split('\n')).toHaveLength(costsOfMinute().length + 1);
});
