import { chance } from './luck.ts';

export const everybody = ['ana', 'ben', 'cleo'] as const;

export type ActKind =
  | 'say'
  | 'breathe'
  | 'typed'
  | 'read'
  | 'notify'
  | 'take-back'
  | 'stop'
  | 'no'
  | 'yes'
  | 'forget'
  | 'pause'
  | 'resume'
  | 'mute'
  | 'unmute'
  | 'go'
  | 'come'
  | 'bar'
  | 'unbar'
  | 'press'
  | 'lose-link'
  | 'move'
  | 'call'
  | 'window'
  | 'captions'
  | 'break-store'
  | 'mend-store'
  | 'set-clock'
  | 'restart';

/** One act of a person, of Discord or of a moderator. */
export type Act = {
  readonly atMs: number;
  readonly kind: ActKind;
  readonly by: string;
  readonly text: string;
};

const sayings = [
  'Nova, the bridge?',
  'Nova, which city?',
  'Nova, a timer',
  'Nova, look it up',
  'Nova, look and set a timer',
  'Nova, look and set the volume',
  'Nova, wipe it',
  'Nova, a note',
  'and long?',
  'Ben, come here',
  '',
  'mhm',
  'stop',
  'never mind',
  'Nova, never mind',
  'yes',
] as const;

/** Acts that belong together. `a`, `b` and `c` are different people; each act comes between two instants, in ms after the first. */
type SceneAct = readonly [
  kind: ActKind,
  who: 'a' | 'b' | 'c',
  fromMs: number,
  toMs: number,
  text?: string,
];

type Scene = { readonly weight: number; readonly acts: readonly SceneAct[] };

function scene(weight: number, ...acts: readonly SceneAct[]): Scene {
  return { weight, acts };
}

const scenes: readonly Scene[] = [
  scene(20, ['say', 'a', 0, 0]),
  scene(8, ['say', 'a', 0, 0], ['say', 'a', 1_200, 4_500, 'for the pasta']),
  scene(
    5,
    ['say', 'a', 0, 0],
    ['say', 'a', 1_200, 4_500, ''],
    ['say', 'a', 3_000, 6_000, 'over the river'],
  ),
  scene(5, ['say', 'a', 0, 0], ['breathe', 'a', 1_200, 4_500]),
  scene(5, ['say', 'a', 0, 0], ['say', 'a', 1_200, 4_500, 'Ben, come here']),
  scene(5, ['say', 'a', 0, 0], ['say', 'a', 1_200, 4_500, 'stop']),
  scene(
    5,
    ['say', 'a', 0, 0, 'Nova, which city?'],
    ['say', 'b', 0, 1_500, 'Nova, which city?'],
    ['say', 'a', 2_000, 4_500, 'in the north'],
  ),
  scene(
    5,
    ['say', 'a', 0, 0, 'Nova, which city?'],
    ['say', 'b', 0, 1_500, 'Nova, which city?'],
    ['no', 'a', 1_500, 6_000],
    ['yes', 'a', 8_000, 9_000],
  ),
  scene(
    3,
    ['say', 'a', 0, 0, 'Nova, which city?'],
    ['say', 'b', 0, 1_500, 'Nova, which city?'],
    ['go', 'b', 1_500, 6_000],
    ['come', 'b', 8_000, 9_000],
  ),
  scene(
    6,
    ['say', 'a', 0, 0],
    ['say', 'b', 0, 500],
    ['say', 'c', 0, 800],
    ['say', 'a', 3_000, 5_000],
    ['say', 'b', 3_500, 6_000],
  ),
  scene(5, ['say', 'a', 0, 0, 'Nova, a timer'], ['lose-link', 'a', 1_200, 5_000]),
  scene(4, ['say', 'a', 0, 0, 'Nova, the volume'], ['lose-link', 'a', 2_500, 5_000]),
  scene(
    5,
    ['say', 'a', 0, 0, 'Nova, a timer'],
    ['say', 'a', 1_200, 4_500, 'for the pasta'],
    ['lose-link', 'a', 4_000, 8_000],
  ),
  scene(
    5,
    ['say', 'a', 0, 0, 'Nova, wipe it'],
    ['press', 'a', 3_000, 9_000],
    ['press', 'b', 3_000, 9_000],
  ),
  scene(
    4,
    ['say', 'a', 0, 0, 'Nova, a note'],
    ['press', 'a', 3_000, 9_000],
    ['press', 'a', 5_000, 12_000],
  ),
  scene(
    5,
    ['say', 'a', 0, 0, 'Nova, a timer'],
    ['say', 'a', 4_000, 12_000, 'yes'],
    ['say', 'b', 4_000, 14_000, 'hm'],
  ),
  scene(4, ['say', 'a', 0, 0], ['say', 'b', 1_500, 7_000, 'stop']),
  scene(4, ['say', 'a', 0, 0], ['stop', 'b', 1_500, 7_000]),
  scene(4, ['say', 'a', 0, 0], ['say', 'b', 1_500, 6_000], ['stop', 'b', 4_000, 8_000]),
  scene(3, ['say', 'a', 0, 0], ['say', 'a', 2_000, 6_000, 'never mind']),
  scene(3, ['say', 'a', 0, 0], ['no', 'a', 300, 5_000], ['yes', 'a', 6_000, 9_000]),
  scene(3, ['no', 'a', 0, 0], ['typed', 'a', 500, 2_000], ['yes', 'a', 6_000, 9_000]),
  scene(2, ['say', 'a', 0, 0], ['forget', 'a', 300, 5_000], ['yes', 'a', 6_000, 9_000]),
  scene(2, ['say', 'a', 0, 0, 'do not listen to me'], ['yes', 'a', 6_000, 9_000]),
  scene(2, ['say', 'a', 0, 0], ['pause', 'b', 300, 4_000], ['resume', 'b', 6_000, 9_000]),
  scene(1, ['say', 'a', 0, 0, 'Nova, stop listening'], ['resume', 'b', 6_000, 9_000]),
  scene(
    3,
    ['say', 'a', 0, 0],
    ['say', 'b', 500, 3_000],
    ['go', 'a', 500, 6_000],
    ['come', 'a', 8_000, 9_000],
  ),
  scene(1, ['say', 'a', 0, 0], ['bar', 'a', 500, 5_000], ['unbar', 'a', 8_000, 9_000]),
  scene(3, ['say', 'a', 0, 0], ['lose-link', 'a', 300, 8_000]),
  scene(
    3,
    ['say', 'a', 0, 0],
    ['lose-link', 'a', 900, 1_400],
    ['say', 'a', 1_500, 2_400, 'and long?'],
  ),
  scene(2, ['read', 'a', 0, 0], ['read', 'b', 0, 300], ['lose-link', 'a', 100, 2_000]),
  scene(
    3,
    ['read', 'a', 0, 0],
    ['read', 'a', 0, 300],
    ['read', 'b', 0, 300],
    ['take-back', 'a', 300, 3_000],
  ),
  scene(
    3,
    ['typed', 'a', 0, 0],
    ['typed', 'a', 0, 900],
    ['typed', 'b', 0, 900],
    ['take-back', 'a', 300, 3_000],
  ),
  scene(3, ['say', 'b', 0, 0], ['notify', 'a', 0, 900]),
  scene(1, ['say', 'a', 0, 0], ['mute', 'b', 500, 5_000], ['unmute', 'b', 6_000, 9_000]),
  scene(1, ['window', 'a', 0, 0], ['say', 'a', 500, 9_000, 'and long?']),
  scene(2, ['captions', 'a', 0, 0]),
  scene(2, ['say', 'a', 0, 0], ['move', 'b', 300, 5_000], ['say', 'c', 4_000, 8_000]),
  scene(1, ['say', 'a', 0, 0], ['call', 'b', 300, 5_000]),
  scene(2, ['break-store', 'a', 0, 0], ['no', 'b', 100, 3_000], ['mend-store', 'a', 4_000, 9_000]),
  scene(2, ['say', 'a', 0, 0], ['restart', 'a', 300, 5_000], ['say', 'b', 6_000, 9_000]),
  scene(1, ['set-clock', 'a', 0, 0], ['set-clock', 'a', 3_000, 9_000]),
];

const deck = scenes.flatMap(({ acts, weight }) => Array.from({ length: weight }, () => acts));
const castings = [
  ['ana', 'ben', 'cleo'],
  ['ben', 'cleo', 'ana'],
  ['cleo', 'ana', 'ben'],
] as const;

/** Script of some minutes, by its seed. */
export function scriptOf(seed: number, minutes: number): readonly Act[] {
  let draws = 0;
  const random = () => chance(seed, `script ${draws++}`);
  const between = (fromMs: number, toMs: number) => Math.floor(fromMs + random() * (toMs - fromMs));
  const pick = <Item>(all: readonly Item[]) => all[Math.floor(random() * all.length)] as Item;
  const acts: Act[] = [];
  for (let beganMs = 0; beganMs < minutes * 60_000; beganMs += between(0, 6_000)) {
    const [a, b, c] = pick(castings);
    const cast = { a, b, c };
    for (const [kind, who, fromMs, toMs, given] of pick(deck)) {
      const saying = kind === 'say' ? pick(sayings) : `${kind} ${acts.length}`;
      const atMs = beganMs + between(fromMs, toMs);
      acts.push({ atMs, kind, by: cast[who], text: given ?? saying });
    }
  }
  return acts.toSorted((one, other) => one.atMs - other.atMs);
}
