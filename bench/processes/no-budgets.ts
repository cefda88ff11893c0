/** Settings of a bot that answers as often as it is asked. */
export const noBudgets: Readonly<Record<string, string>> = Object.fromEntries(
  ['PERSON_DAY', 'SERVER_DAY', 'SERVER_MONTH'].flatMap((of) =>
    ['USD', 'MINUTES'].map((unit) => [`BUDGET_${of}_${unit}`, '0'] as const),
  ),
);
