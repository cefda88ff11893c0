import type { ChaosPlan } from '#bench/chaos/plan.ts';

/** Plans of a few seconds that once went wrong, each with what was found; `npm test` plays them. */
export const regressions: readonly { readonly name: string; readonly plan: ChaosPlan }[] = [
  {
    name: 'a bot that is sent away while the chat model is silent is called again and answers',
    plan: {
      seed: 1,
      cycles: [
        {
          faults: ['kicked from the channel', 'chat error-500'],
          forMs: 4_000,
          restMs: 2_000,
        },
      ],
    },
  },
  {
    name: 'an answer that was written, since the voice was silent, is not given again with the next',
    plan: { seed: 2, cycles: [{ faults: ['speech silent'], forMs: 7_000, restMs: 2_000 }] },
  },
  {
    name: 'in company a recogniser that hangs up is owned up to',
    plan: { seed: 2, cycles: [{ faults: ['transcriptions cut'], forMs: 5_000, restMs: 2_000 }] },
  },
];
