import type { Plan } from './plan.ts';

/** Plans of a few seconds that once went wrong, each with what was found; `npm test` plays them. */
export const regressions: readonly { readonly name: string; readonly plan: Plan }[] = [
  {
    name: 'a bot that is sent away while the chat model is silent is called again and answers',
    plan: {
      seed: 1,
      cycles: [
        {
          faults: ['kicked from the channel', 'chat error-500'],
          ...{ forMs: 4_000, restMs: 6_000 },
        },
      ],
    },
  },
];
