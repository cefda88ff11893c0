import { expect, test } from 'vitest';
import { InterimBudget } from '#src/speech/listen.ts';
import { fc } from '#test/properties.ts';

test('whoever pauses however often, all that is sent stays within it', () => {
  const moment = fc.constantFrom('paused', 'long-pause');
  const pause = fc.tuple(fc.integer({ min: 100, max: 8_000 }), moment);
  const utterance = fc.array(pause, { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.array(utterance, { maxLength: 60 }), (utterances) => {
      const account = new InterimBudget();
      let [sent, spoken] = [0, 0];
      const send = (ms: number) => {
        account.addSent(ms);
        sent += ms;
      };
      for (const pauses of utterances) {
        let ms = 0;
        for (const [more, moment] of pauses.slice(0, -1)) {
          ms += more;
          if (account.canAfford(ms, moment)) send(ms);
        }
        ms += pauses.at(-1)?.[0] ?? 0;
        send(ms);
        account.addSpeech(ms);
        spoken += ms;
        expect(sent).toBeLessThanOrEqual(1.3 * spoken + 5_000 + 1);
      }
    }),
    { numRuns: 100 },
  );
});
