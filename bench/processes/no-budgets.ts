/** Settings of a bot that answers as often as it is asked. */
export const noBudgets: Readonly<Record<string, string>> = Object.fromEntries(
  ['PERSON', 'SERVER', 'TOTAL'].map((of) => [`BUDGET_${of}_DAY_USD`, '0'] as const),
);
