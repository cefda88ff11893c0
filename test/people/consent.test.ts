import fc from 'fast-check';
import { expect, test } from 'vitest';
import { agree, mayHear, refuse, unasked } from '#src/people/consent.ts';

test('nobody is heard before they agreed', () => {
  expect(mayHear(unasked('ask'), 'ann')).toBe(false);
});

test('a yes is heard from then on, and only from the person who gave it', () => {
  const consent = agree(unasked('ask'), 'ann');
  expect(mayHear(consent, 'ann')).toBe(true);
  expect(mayHear(consent, 'bob')).toBe(false);
});

test('under notice everybody is heard but those who refused', () => {
  const consent = refuse(unasked('notice'), 'bob');
  expect(mayHear(consent, 'ann')).toBe(true);
  expect(mayHear(consent, 'bob')).toBe(false);
});

test('a change leaves the earlier answers as they were', () => {
  const before = agree(unasked('ask'), 'ann');
  refuse(before, 'ann');
  expect(mayHear(before, 'ann')).toBe(true);
});

test('the latest word of each person counts, whatever others say', () => {
  const word = fc.record({ yes: fc.boolean(), who: fc.constantFrom('ann', 'bob', 'cy') });
  fc.assert(
    fc.property(fc.constantFrom('ask', 'notice'), fc.array(word), (policy, words) => {
      const consent = words.reduce(
        (now, { yes, who }) => (yes ? agree(now, who) : refuse(now, who)),
        unasked(policy),
      );
      for (const who of ['ann', 'bob', 'cy']) {
        const last = words.findLast((one) => one.who === who);
        expect(mayHear(consent, who)).toBe(last?.yes ?? policy === 'notice');
        expect(consent.agreed.has(who) && consent.refused.has(who)).toBe(false);
      }
    }),
  );
});
