export const everybody = ['ana', 'ben', 'cleo', 'dan', 'eve', 'finn', 'gina', 'hugo'] as const;

/** Kinds of scenes. A seed has some of them. */
export const sceneGroups = [
  'talk',
  'consent',
  'coming',
  'hearing',
  'link',
  'messages',
  'moving',
  'mute',
  'reading',
  'settings',
  'stop',
  'store',
  'tools',
  'typed',
  'wait',
] as const;
export type SceneGroup = (typeof sceneGroups)[number];

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
  | 'move-server'
  | 'deafen'
  | 'undeafen'
  | 'set'
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

export const sayings = [
  'Nova, the bridge?',
  'Nova, which city?',
  'Nova, a timer',
  'Nova, look it up',
  'Nova, look and set a timer',
  'Nova, look and set the volume',
  'Nova, wipe it',
  'Nova, a note',
  'Nova, a long story',
  'and long?',
  'Ben, come here',
  '',
  'mhm',
  'stop',
  'never mind',
  'Nova, never mind',
  'yes',
  'wait',
] as const;

export const roles = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
type Role = (typeof roles)[number];

/** Acts that belong together. `a`, `b` and so on are different people where there are as many; each act comes between two instants, in ms after the first. */
type SceneAct = readonly [kind: ActKind, who: Role, fromMs: number, toMs: number, text?: string];

type Scene = {
  readonly group: SceneGroup;
  readonly weight: number;
  readonly acts: readonly SceneAct[];
};

function scene(group: SceneGroup, weight: number, ...acts: readonly SceneAct[]): Scene {
  return { group, weight, acts };
}

/** A setting that changes while somebody is answered, and back later. */
function settingScene(to: string, back = to): Scene {
  return scene(
    'settings',
    1,
    ['say', 'a', 0, 0],
    ['set', 'a', 300, 5_000, to],
    ['say', 'b', 5_000, 9_000],
    ['set', 'a', 9_000, 20_000, back],
  );
}

export const scenes: readonly Scene[] = [
  scene('talk', 20, ['say', 'a', 0, 0]),
  scene('talk', 8, ['say', 'a', 0, 0], ['say', 'a', 1_200, 4_500, 'for the pasta']),
  scene(
    'talk',
    5,
    ['say', 'a', 0, 0],
    ['say', 'a', 1_200, 4_500, ''],
    ['say', 'a', 3_000, 6_000, 'over the river'],
  ),
  scene('talk', 5, ['say', 'a', 0, 0], ['breathe', 'a', 1_200, 4_500]),
  scene('talk', 5, ['say', 'a', 0, 0], ['say', 'a', 1_200, 4_500, 'Ben, come here']),
  scene('stop', 5, ['say', 'a', 0, 0], ['say', 'a', 1_200, 4_500, 'stop']),
  scene(
    'talk',
    5,
    ['say', 'a', 0, 0, 'Nova, which city?'],
    ['say', 'b', 0, 1_500, 'Nova, which city?'],
    ['say', 'a', 2_000, 4_500, 'in the north'],
  ),
  scene(
    'consent',
    5,
    ['say', 'a', 0, 0, 'Nova, which city?'],
    ['say', 'b', 0, 1_500, 'Nova, which city?'],
    ['no', 'a', 1_500, 6_000],
    ['yes', 'a', 8_000, 9_000],
  ),
  scene(
    'coming',
    3,
    ['say', 'a', 0, 0, 'Nova, which city?'],
    ['say', 'b', 0, 1_500, 'Nova, which city?'],
    ['go', 'b', 1_500, 6_000],
    ['come', 'b', 8_000, 9_000],
  ),
  scene(
    'talk',
    6,
    ['say', 'a', 0, 0],
    ['say', 'b', 0, 500],
    ['say', 'c', 0, 800],
    ['say', 'a', 3_000, 5_000],
    ['say', 'b', 3_500, 6_000],
  ),
  scene('link', 5, ['say', 'a', 0, 0, 'Nova, a timer'], ['lose-link', 'a', 1_200, 5_000]),
  scene('link', 4, ['say', 'a', 0, 0, 'Nova, the volume'], ['lose-link', 'a', 2_500, 5_000]),
  scene(
    'link',
    5,
    ['say', 'a', 0, 0, 'Nova, a timer'],
    ['say', 'a', 1_200, 4_500, 'for the pasta'],
    ['lose-link', 'a', 4_000, 8_000],
  ),
  scene(
    'tools',
    5,
    ['say', 'a', 0, 0, 'Nova, wipe it'],
    ['press', 'a', 3_000, 9_000],
    ['press', 'b', 3_000, 9_000],
  ),
  scene(
    'tools',
    4,
    ['say', 'a', 0, 0, 'Nova, a note'],
    ['press', 'a', 3_000, 9_000],
    ['press', 'a', 5_000, 12_000],
  ),
  scene(
    'tools',
    5,
    ['say', 'a', 0, 0, 'Nova, a timer'],
    ['say', 'a', 4_000, 12_000, 'yes'],
    ['say', 'b', 4_000, 14_000, 'hm'],
  ),
  scene('stop', 4, ['say', 'a', 0, 0], ['say', 'b', 1_500, 7_000, 'stop']),
  scene('stop', 4, ['say', 'a', 0, 0], ['stop', 'b', 1_500, 7_000]),
  scene('stop', 4, ['say', 'a', 0, 0], ['say', 'b', 1_500, 6_000], ['stop', 'b', 4_000, 8_000]),
  scene('stop', 3, ['say', 'a', 0, 0], ['say', 'a', 2_000, 6_000, 'never mind']),
  scene('consent', 3, ['say', 'a', 0, 0], ['no', 'a', 300, 5_000], ['yes', 'a', 6_000, 9_000]),
  scene('consent', 3, ['no', 'a', 0, 0], ['typed', 'a', 500, 2_000], ['yes', 'a', 6_000, 9_000]),
  scene('consent', 2, ['say', 'a', 0, 0], ['forget', 'a', 300, 5_000], ['yes', 'a', 6_000, 9_000]),
  scene('consent', 2, ['say', 'a', 0, 0, 'do not listen to me'], ['yes', 'a', 6_000, 9_000]),
  scene(
    'hearing',
    2,
    ['say', 'a', 0, 0],
    ['pause', 'b', 300, 4_000],
    ['resume', 'b', 6_000, 9_000],
  ),
  scene('hearing', 1, ['say', 'a', 0, 0, 'Nova, stop listening'], ['resume', 'b', 6_000, 9_000]),
  scene(
    'coming',
    3,
    ['say', 'a', 0, 0],
    ['say', 'b', 500, 3_000],
    ['go', 'a', 500, 6_000],
    ['come', 'a', 8_000, 9_000],
  ),
  scene('coming', 1, ['say', 'a', 0, 0], ['bar', 'a', 500, 5_000], ['unbar', 'a', 8_000, 9_000]),
  scene('link', 3, ['say', 'a', 0, 0], ['lose-link', 'a', 300, 8_000]),
  scene(
    'link',
    3,
    ['say', 'a', 0, 0],
    ['lose-link', 'a', 900, 1_400],
    ['say', 'a', 1_500, 2_400, 'and long?'],
  ),
  scene('link', 2, ['read', 'a', 0, 0], ['read', 'b', 0, 300], ['lose-link', 'a', 100, 2_000]),
  scene(
    'reading',
    3,
    ['read', 'a', 0, 0],
    ['read', 'a', 0, 300],
    ['read', 'b', 0, 300],
    ['take-back', 'a', 300, 3_000],
  ),
  scene(
    'typed',
    3,
    ['typed', 'a', 0, 0],
    ['typed', 'a', 0, 900],
    ['typed', 'b', 0, 900],
    ['take-back', 'a', 300, 3_000],
  ),
  scene('messages', 3, ['say', 'b', 0, 0], ['notify', 'a', 0, 900]),
  scene('mute', 1, ['say', 'a', 0, 0], ['mute', 'b', 500, 5_000], ['unmute', 'b', 6_000, 9_000]),
  scene('talk', 1, ['window', 'a', 0, 0], ['say', 'a', 500, 9_000, 'and long?']),
  scene('messages', 2, ['captions', 'a', 0, 0]),
  scene('moving', 2, ['say', 'a', 0, 0], ['move', 'b', 300, 5_000], ['say', 'c', 4_000, 8_000]),
  scene('moving', 1, ['say', 'a', 0, 0], ['call', 'b', 300, 5_000]),
  scene(
    'store',
    2,
    ['break-store', 'a', 0, 0],
    ['no', 'b', 100, 3_000],
    ['mend-store', 'a', 4_000, 9_000],
  ),
  scene('store', 2, ['say', 'a', 0, 0], ['restart', 'a', 300, 5_000], ['say', 'b', 6_000, 9_000]),
  scene('store', 1, ['set-clock', 'a', 0, 0], ['set-clock', 'a', 3_000, 9_000]),
  scene('wait', 6, ['say', 'a', 0, 0], ['say', 'a', 2_500, 6_000, 'wait']),
  scene('wait', 20, ['say', 'a', 0, 0, 'Nova, a long story'], ['say', 'a', 2_500, 9_000, 'wait']),
  scene(
    'wait',
    10,
    ['say', 'a', 0, 0, 'Nova, a long story'],
    ['say', 'a', 2_500, 5_000, 'wait'],
    ['go', 'a', 4_500, 8_000],
    ['come', 'a', 30_000, 40_000],
  ),
  scene('talk', 8, ['say', 'a', 0, 0], ['say', 'a', 8_000, 40_000, 'and long?']),
  scene('talk', 6, ['say', 'a', 0, 0, 'Nova, a long story'], ['say', 'b', 2_000, 5_000, 'mhm']),
  scene(
    'talk',
    6,
    ['say', 'a', 0, 0, 'Nova, a long story'],
    ['say', 'b', 2_000, 5_000, 'it was over the river'],
  ),
  scene(
    'talk',
    6,
    ['say', 'a', 0, 0, 'Nova, a long story'],
    ['say', 'b', 2_000, 5_000, 'Nova, which city?'],
  ),
  scene('talk', 4, ['say', 'a', 0, 0, 'Nova, a long story'], ['breathe', 'a', 2_000, 5_000]),
  scene(
    'tools',
    15,
    ['say', 'a', 0, 0, 'Nova, look it up'],
    ['say', 'a', 6_000, 14_000, 'Nova, a timer'],
  ),
  scene('tools', 12, ['say', 'a', 0, 0, 'Nova, look it up'], ['say', 'a', 1_500, 3_500, 'please']),
  scene('tools', 3, ['say', 'a', 0, 0, 'Nova, set two timers']),
  scene('tools', 2, ['say', 'a', 0, 0, 'Nova, look it up'], ['say', 'b', 4_000, 9_000]),
  scene(
    'talk',
    5,
    ['say', 'a', 0, 0, 'Nova, a long story'],
    ['say', 'b', 500, 2_000, 'Nova, which city?'],
    ['say', 'c', 500, 2_500, 'Nova, the bridge?'],
    ['typed', 'd', 500, 3_000],
    ['typed', 'e', 500, 3_500],
    ['say', 'f', 1_000, 4_000, 'Nova, which city?'],
  ),
  scene(
    'reading',
    3,
    ['read', 'a', 0, 0],
    ['read', 'b', 0, 300],
    ['no', 'b', 100, 3_000],
    ['yes', 'b', 8_000, 9_000],
  ),
  scene(
    'messages',
    3,
    ['say', 'b', 0, 0],
    ['notify', 'c', 0, 900],
    ['notify', 'a', 0, 900],
    ['go', 'c', 500, 2_000],
    ['come', 'c', 20_000, 30_000],
  ),
  scene('link', 3, ['say', 'a', 0, 0], ['move-server', 'a', 300, 8_000]),
  scene(
    'link',
    2,
    ['say', 'a', 0, 0],
    ['lose-link', 'a', 2_000, 5_000],
    ['typed', 'b', 2_000, 5_100],
  ),
  scene(
    'coming',
    3,
    ['deafen', 'a', 0, 0],
    ['say', 'a', 500, 4_000],
    ['undeafen', 'a', 9_000, 20_000],
  ),
  scene(
    'coming',
    2,
    ['say', 'a', 0, 0],
    ['deafen', 'a', 300, 5_000],
    ['undeafen', 'a', 9_000, 20_000],
  ),
  scene('coming', 3, ['say', 'a', 0, 0], ['go', 'a', 200, 1_500], ['come', 'a', 9_000, 20_000]),
  ...['always', 'name', 'window', 'off'].map((mode) =>
    settingScene(`addressing=${mode}`, 'addressing=auto'),
  ),
  ...['audio-model', 'realtime', 'chained'].map((name) => settingScene(`pipeline=${name}`)),
  settingScene('instructions=Be brief.'),
  settingScene('language=de', 'language='),
];
