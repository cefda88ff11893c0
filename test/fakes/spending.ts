import type { Spending } from '#src/session/spending.ts';

/** As if nothing cost anything. */
export const boundless: Spending = {
  open: () => ({
    kind: 'open',
    bill: {
      used: () => undefined,
      spoke: () => undefined,
      sounded: () => undefined,
      wanted: () => undefined,
      close: () => undefined,
    },
  }),
  listen: () => ({ heard: () => undefined }),
  spoke: () => undefined,
  manner: () => ({ step: 'full', isVoiceCheap: false }),
  forget: () => undefined,
};
