import type { PlantedFault } from '#test/simulate/planted-fault.ts';

const tests = ['test/virtual-scenes'];

/** A leak in each gate of who is heard, which the scenes have to find. */
export const plantedLeaks: readonly PlantedFault[] = [
  {
    id: 's01',
    meaning: 'A no counts for nothing.',
    file: 'src/people/consent.ts',
    from: "  if (isRefusal(word)) return 'no';\n",
    to: '',
    tests,
  },
  {
    id: 's02',
    meaning: 'Blocked people are heard.',
    file: 'src/people/rights.ts',
    from: "  if (blockedIds.includes(id)) return 'blocked';\n",
    to: '',
    tests,
  },
  {
    id: 's03',
    meaning: 'People without a needed role are heard.',
    file: 'src/people/rights.ts',
    from: "return isUser || mayManage ? 'open' : 'no-role';",
    to: "return isUser || mayManage ? 'open' : 'open';",
    tests,
  },
];
