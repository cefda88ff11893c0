import { expect, test } from 'vitest';
import { botReading, people } from './readings-fake.ts';
import { disturbance, usedUp } from './verdict.ts';

test('a reading in which others or the host used the machine is disturbed', () => {
  expect(disturbance({ others: 1, stolen: 0 })).toBeUndefined();
  expect(disturbance({ others: 12, stolen: 0 })).toBe(
    'other programs took 12.0 s/min of processor',
  );
  expect(disturbance({ others: 1, stolen: 2 })).toBe('the host took 2.0 s/min of processor');
});

test('a bench that is itself late or has no processor left says so', () => {
  expect(usedUp(botReading())).toBeUndefined();
  const late = people({ latePackets: 100 });
  expect(usedUp(botReading({ people: late }))).toBe("1.0 % of people's packets left late");
  expect(usedUp(botReading({ peopleCpu: 58 }))).toBe('people took 58 s/min of a core');
  expect(usedUp(botReading({ serversCpu: 58 }))).toBe('the mock servers took 58 s/min of a core');
});
