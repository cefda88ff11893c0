import type { Scene, SceneStep } from './scene-types.ts';

/** People of each row: who agreed, who has not answered, who said no, who lacks roles, and who comes after the change. */
const tablePeople = {
  agreed: 'Ada',
  undecided: 'Uma',
  'said no': 'Nick',
  'lacks role': 'Leo',
  newcomer: 'Nora',
} as const;

/** At last a person is heard by an own yes, heard after a telling, or unheard. */
export type TableCell = 'heard' | 'told' | 'unheard';

/** A change in a room of people, and who of them is heard at last. */
export type ChangeRow = Pick<Scene, 'hasFolder' | 'policy'> & {
  /** Roles of all but the person who lacks them. */
  readonly roles?: Scene['roles'];
  /** Before the bot comes, and while it sits there. */
  readonly before?: readonly SceneStep[];
  readonly change: readonly SceneStep[];
  /** Cells in the order of `tablePeople`. */
  readonly isHeard: readonly [TableCell, TableCell, TableCell, TableCell, TableCell];
};

/** Time, in ms, until a waiting announcement was made and its policy counts. */
const settledMs = 75_000;

/** A scene of a row: everybody speaks before the change, right after it, and at last. */
export function toTableScene(row: ChangeRow): Scene {
  const { before = [], change, hasFolder, policy = 'ask', roles = {} } = row;
  const { newcomer, ...seated } = tablePeople;
  const sitDown = Object.values(seated).map(
    (name) => ({ [name]: { joins: 'Lounge' } }) as const,
  );
  const speakText = (names: readonly string[], text: string): readonly SceneStep[] =>
    names.map((name) => ({ [name]: { says: `${text} by ${name}` } }));
  const everybody = Object.values(tablePeople);
  const looks = everybody.map((name, n): SceneStep => {
    const isHeard = row.isHeard[n] !== 'unheard';
    return { [name]: { says: `Last words by ${name}`, isHeard } };
  });
  const tellings = everybody.flatMap((name, n): readonly SceneStep[] =>
    row.isHeard[n] === 'told'
      ? [
          {
            see: ({ world }) => world.tellings.flatMap(({ names }) => names),
            has: name,
          },
        ]
      : [],
  );
  return {
    ...(hasFolder && { hasFolder }),
    policy,
    roles,
    steps: [
      ...before,
      ...sitDown,
      { Ada: { runs: '/privacy allow' }, Nick: { runs: '/privacy deny' } },
      { Adam: { calls: 'Lounge' } },
      ...speakText(Object.values(seated), 'First words'),
      ...change,
      ...speakText(Object.values(seated), 'Words after it'),
      { [newcomer]: { joins: 'Lounge', says: 'Hello everybody' } },
      { passes: settledMs },
      ...looks,
      ...tellings,
    ],
  };
}
