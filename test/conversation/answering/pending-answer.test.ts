import { PendingAnswer } from '#src/conversation/mouth/pending-answer.ts';
import { lastingSources } from '#src/people/owned.ts';
import { PreemptiveBudget } from '#src/spending/budget-authority.ts';
import { makeTurn } from '#test/contracts/pipeline-contract.ts';
import { boundlessBudget, reserveAnswer } from '#test/fakes/fake-spending.ts';

/** An answer that cost 9 000 tokens before its first sound. */
function beginCostlyAnswer(preemptiveBudget: PreemptiveBudget) {
  const reservation = reserveAnswer(boundlessBudget) ?? expect.fail('It is refused.');
  return new PendingAnswer(
    {
      turn: makeTurn(),
      pipeline: {
        withReservation: (meter) => ({
          async *answer() {
            meter.recordUsage({ inputTokens: 9_000, outputTokens: 0 });
            yield { kind: 'text', text: 'Nine.' };
          },
          feed: () => undefined,
        }),
      },
      isWritten: false,
      preemptiveBudget,
      tools: {
        quote: undefined,
        runningStep: undefined,
        takeFailures: () => [],
        isTold: () => false,
        run: () => Promise.reject(new Error('It calls no tool.')),
      },
      origin: { owner: 'given', sources: lastingSources },
      nowMs: () => 0,
      reservation,
    },
    new AbortController().signal,
  );
}

test('after an answer that nobody wanted, however whole it was, no further one begins ahead', async () => {
  const budget = new PreemptiveBudget();
  const answer = beginCostlyAnswer(budget);
  await answer.ready;
  expect(budget.allows).toBe(true);
  answer.discardUnheard();
  expect(budget.allows).toBe(false);
});

test('an answer that was wanted lets further ones begin ahead', async () => {
  const budget = new PreemptiveBudget();
  const answer = beginCostlyAnswer(budget);
  await answer.ready;
  answer.markWanted();
  expect(budget.allows).toBe(true);
});
