import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LookAccount } from '#src/speech/look-account.ts';

test('a pause is looked at as long as its sound, sent twice, stays below 1.3 times all speech and 5 s', () => {
  const account = new LookAccount();
  expect([account.affords(7_000), account.affords(7_200)]).toEqual([true, false]);
  account.sent(10_000);
  account.spoke(5_000);
  expect([account.affords(2_100), account.affords(2_200)]).toEqual([true, false]);
});

test('whoever pauses however often, all that is sent stays within it', () => {
  const utterance = fc.array(fc.integer({ min: 100, max: 8_000 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(utterance, { maxLength: 60 }), (utterances) => {
      const account = new LookAccount();
      let [sent, spoken] = [0, 0];
      const send = (ms: number) => {
        account.sent(ms);
        sent += ms;
      };
      for (const pauses of utterances) {
        let ms = 0;
        for (const more of pauses.slice(0, -1)) {
          ms += more;
          if (account.affords(ms)) send(ms);
        }
        ms += pauses.at(-1) ?? 0;
        send(ms);
        account.spoke(ms);
        spoken += ms;
        expect(sent).toBeLessThanOrEqual(1.3 * spoken + 5_000 + 1);
      }
    }),
    { numRuns: 100 },
  );
});
