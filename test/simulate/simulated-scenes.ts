import lines from './scenes.json' with { type: 'json' };

export const everybody = [
  'ana',
  'ben',
  'cleo',
  'dan',
  'eve',
  'finn',
  'gina',
  'hugo',
] as const;

/** Kinds of scenes. A seed has some of them. */
export const sceneGroups = [
  'talk',
  'broken',
  'consent',
  'coming',
  'group',
  'hearing',
  'link',
  'messages',
  'moving',
  'mute',
  'path',
  'process',
  'reading',
  'roles',
  'rooms',
  'seats',
  'settings',
  'stop',
  'store',
  'tools',
  'typed',
  'voices',
  'wait',
] as const;
export type SceneGroup = (typeof sceneGroups)[number];

const actKinds = [
  'say',
  'breathe',
  'cough',
  'typed',
  'read',
  'notify',
  'take-back',
  'stop',
  'no',
  'yes',
  'forget',
  'pause',
  'resume',
  'mute',
  'unmute',
  'go',
  'come',
  'press',
  'lose-link',
  'move-server',
  'deafen',
  'undeafen',
  'set',
  'move',
  'call',
  'window',
  'captions',
  'break-port',
  'mend-ports',
  'set-clock',
  'restart',
  'kill',
  'stand-still',
  'leave',
  'go-to-den',
  'go-to-lounge',
  'udp-dies',
  'udp-heals',
  'give-role',
  'take-role',
  'swap-source',
  'tell-members',
  'music',
  'no-elsewhere',
  'robot',
  'socket-freezes',
  'agree',
  'bug',
  'flood',
  'relogin',
  'rate-limit',
  'no-seats',
  'seats',
  'seal',
  'downgrade',
  'upgrade',
  'slow-disk',
  'look-up',
] as const;
export type ActKind = (typeof actKinds)[number];

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

export const roles = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
type Role = (typeof roles)[number];

/** One act of a scene, at an instant between two, in ms after the scene begins. */
type SceneAct = readonly [
  kind: ActKind,
  who: Role,
  fromMs: number,
  toMs: number,
  text?: string,
];

/** Habits of a world without which a scene shows little: nothing fails, or words come while they are said. */
export const sceneNeeds = [
  'calm',
  'partials',
  'slow-tools',
  'slow-close',
  'latency',
  'group',
  'swaps',
  'chained',
] as const;
export type SceneNeed = (typeof sceneNeeds)[number];

export type SpokenScene = {
  readonly group: SceneGroup;
  readonly weight: number;
  readonly needs: readonly SceneNeed[];
  /** Number of different people that it is for. */
  readonly people: number;
  readonly acts: readonly SceneAct[];
};

/** `say a 1200-4500 'wait'`: kind, who, the two instants, and the words where they are given. */
const actPattern = /^([\w-]+) (\w) (\d+)-(\d+)(?: '(.*)')?$/;

/** Reads `stop 5 calm: say a 0-0 | stop b 1500-7000`: a group, the weight, needs, and acts that belong together. */
function parseScene(line: string): SpokenScene {
  const [head = '', written = ''] = line.split(': ');
  const [group, weight, ...needs] = head.split(' ');
  const acts = written.split(' | ').map(parseAct);
  return {
    group: requireMember(sceneGroups, group),
    weight: Number(weight),
    needs: needs.map((need) => requireMember(sceneNeeds, need)),
    people: 1 + Math.max(...acts.map(([, who]) => roles.indexOf(who))),
    acts,
  };
}

function parseAct(act: string): SceneAct {
  const [, kind, who, fromMs, toMs, text] = actPattern.exec(act) ?? [];
  return [
    requireMember(actKinds, kind),
    requireMember(roles, who),
    Number(fromMs),
    Number(toMs),
    text,
  ];
}

function requireMember<Name extends string>(
  names: readonly Name[],
  name: string | undefined,
) {
  const foundName = names.find((one) => one === name);
  if (!foundName) throw new Error(`unknown in a scene: ${name}`);
  return foundName;
}

/** A setting that changes while somebody is answered, and back later. */
function makeSettingScene(to: string, back = to): SpokenScene {
  const changing = `say a 0-0 | set a 300-5000 '${to}'`;
  return parseScene(
    `settings 1: ${changing} | say b 5000-9000 | set a 9000-20000 '${back}'`,
  );
}

/** Scenes of `scenes.json`, where `a`, `b` and so on are different people if there are as many. */
export const scenes: readonly SpokenScene[] = [
  ...lines.map(parseScene),
  ...['always', 'name', 'window', 'off'].map((mode) =>
    makeSettingScene(`addressing=${mode}`, 'addressing=auto'),
  ),
  ...['audio-model', 'realtime', 'chained'].map((name) =>
    makeSettingScene(`pipeline=${name}`),
  ),
  makeSettingScene('instructions=Be brief.'),
  makeSettingScene('language=de', 'language=default'),
];
