import { drawChance } from '#test/simulate/luck.ts';
import type { SceneStage } from './scene-stage.ts';
import {
  type Scene,
  type SceneChannel,
  type SceneRole,
  type SceneStep,
  sceneChannels,
  scenePolicies,
  sceneRoles,
} from './scene-types.ts';

/** Adam calls the bot; Olga owns the server, and sits nowhere. */
const people = ['Adam', 'Ben', 'Carol', 'Dan'] as const;
/** Share of the scenes whose stores lie in a folder, which takes longer. */
const folderShare = 0.08;
const [minBeats, maxBeats] = [3, 6];
/** Time, in ms, until everybody was told whom the policy hears. */
const tellingMs = 100_000;

/** Choices by seed and key alone, so that a scene is the same each time. */
class SceneLuck {
  readonly #seed: number;
  #draws = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** Returns true for this share of all draws. */
  has(share: number): boolean {
    return this.#draw() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#draw() * items.length)];
    if (item === undefined) throw new Error('There is nothing to pick.');
    return item;
  }

  #draw() {
    return drawChance(this.#seed, `scene ${this.#draws++}`);
  }
}

type Beat = (luck: SceneLuck, generator: SceneGenerator) => readonly SceneStep[];

/** Changes to choose from. Several entries of a kind make it likelier. */
const beats: readonly Beat[] = [
  (luck) => [
    { [luck.pick(people)]: { gains: luck.pick(sceneRoles) } },
    { passes: 9_000 },
  ],
  (luck) => [
    { [luck.pick(people)]: { loses: luck.pick(sceneRoles) } },
    { passes: 9_000 },
  ],
  (luck) => [
    { Olga: { sets: ['blocked', `{${luck.pick(people)}} {${luck.pick(people)}}`] } },
  ],
  () => [{ Olga: { sets: ['blocked', 'none'] } }],
  (luck) => [{ Olga: { sets: ['roles', luck.pick(['{members}', 'none'])] } }],
  (luck) => [{ Olga: { sets: ['consent', luck.pick(typedPolicies)] } }],
  (luck) => [{ Olga: { sets: ['consent', luck.pick(typedPolicies)] } }],
  (luck) => [{ bot: 'restarts', policy: luck.pick(scenePolicies) }],
  (luck) => [{ bot: luck.pick(['restarts', 'is killed'] as const) }],
  (luck) => [{ bot: luck.pick(['is muted', 'is unmuted'] as const) }],
  (luck) => [{ chat: luck.pick(['closed', 'slow', 'open'] as const) }],
  (luck) => [{ money: luck.pick(['used', 'there'] as const) }],
  (luck): readonly SceneStep[] => [
    { Adam: { runs: luck.pick(['/captions on', '/captions off']) } },
  ],
  (luck) => [{ Adam: { runs: luck.pick(['/join mode:captions', '/join mode:talk']) } }],
  (luck) => [{ Olga: { sets: ['addressing', luck.pick(['off', 'auto', 'name'])] } }],
  (luck) => [{ [luck.pick(people)]: { presses: 'consent.always' } }],
  (luck) => [
    {
      [luck.pick(people)]: { presses: luck.pick(['consent.never', 'confirm:forget']) },
    },
  ],
  (luck) => [{ [luck.pick(people)]: { mentions: "don't listen to me", means: 'no' } }],
  (luck) => [
    { [luck.pick(people)]: { says: "Nova, don't listen to me", means: 'no' } },
  ],
  (luck) => [
    { [luck.pick(people)]: { says: 'Nova, what time is it?' } },
    { [luck.pick(people)]: { presses: 'stop' } },
  ],
  (luck, generator) => generator.moveBot(luck),
  (luck, generator) => generator.moveBot(luck),
  (luck, generator) => generator.movePerson(luck),
  (luck, generator) => generator.movePerson(luck),
  (luck) => loseDatabase(luck),
  (luck, generator) => generator.useCopy(luck),
  () => [{ passes: 35_000 }],
];

const typedPolicies = ['ask', 'notice', 'role {agreed}', 'default'] as const;

/** The database goes away, people answer, the bot may be killed, and it comes back. */
function loseDatabase(luck: SceneLuck): readonly SceneStep[] {
  const answers = people.flatMap((name): readonly SceneStep[] =>
    luck.has(0.4) ? [{ [name]: { presses: 'consent.never' } }] : [],
  );
  const kill: readonly SceneStep[] = luck.has(0.6) ? [{ bot: 'is killed' }] : [];
  const words: readonly SceneStep[] = [
    { [luck.pick(people)]: { says: 'Words meanwhile' } },
  ];
  return [
    { database: 'away' },
    ...answers,
    ...kill,
    ...words,
    { database: 'back' },
    { Adam: { runs: '/join' } },
    { passes: 12_000 },
  ];
}

/** A scene of random changes, in which somebody speaks after each. */
class SceneGenerator {
  readonly #hasFolder: boolean;
  #hasCopy = false;
  #channel: SceneChannel = 'Lounge';

  constructor(hasFolder: boolean) {
    this.#hasFolder = hasFolder;
  }

  moveBot(luck: SceneLuck): readonly SceneStep[] {
    this.#channel = this.#channel === 'Lounge' ? 'Den' : 'Lounge';
    const channel = this.#channel;
    const followers = people.filter((name) => name === 'Adam' || luck.has(0.7));
    return [
      { moves: channel },
      ...followers.map((name): SceneStep => ({ [name]: { joins: channel } })),
    ];
  }

  movePerson(luck: SceneLuck): readonly SceneStep[] {
    const name = luck.pick(people.slice(1));
    const channel = luck.pick([this.#channel, this.#channel, ...sceneChannels]);
    return [{ [name]: { leaves: true } }, { [name]: { joins: channel } }];
  }

  useCopy(luck: SceneLuck): readonly SceneStep[] {
    if (!this.#hasFolder) return [{ [luck.pick(people)]: { runs: '/privacy status' } }];
    const isMade = this.#hasCopy;
    this.#hasCopy = true;
    return isMade
      ? [{ copy: 'restored' }, { Adam: { runs: '/join' } }]
      : [{ copy: 'made' }];
  }

  /** Everything is well again, and Adam calls the bot to where people sit. */
  heal(): readonly SceneStep[] {
    return [
      { chat: 'open' },
      { bot: 'is unmuted' },
      { money: 'there' },
      { database: 'back' },
      { Olga: { sets: ['addressing', 'auto'] } },
      ...people.map((name): SceneStep => ({ [name]: { joins: this.#channel } })),
      { Adam: { runs: '/join mode:talk' } },
      { passes: tellingMs },
      ...people.map((name): SceneStep => ({ [name]: { says: 'Last words' } })),
      ...people.map(
        (name): SceneStep => ({ see: (stage) => isAsDue(stage, name), is: true }),
      ),
    ];
  }
}

/** Whether the last words of a person were heard just as the rules of now allow. */
function isAsDue({ world }: SceneStage, name: string) {
  const [person, nowMs] = [world.getPerson(name), Number.POSITIVE_INFINITY];
  const answer = person.answer.last;
  const isYes = answer === 'yes' || answer === 'called';
  const isDue =
    world.isAdmitted(person, nowMs) &&
    answer !== 'no' &&
    (isYes || world.allowsUnasked(person, nowMs));
  const saying = world.sayings.findLast(({ by }) => by === name);
  const isHeard = (saying?.heardFrames.size ?? 0) > 0;
  return isDue === isHeard || `${name} is ${isHeard ? '' : 'not '}heard at last`;
}

/**
 * Generates a scene by its seed.
 *
 * @example
 * import { generateScene } from '#test/virtual-scenes/generate-scene.ts';
 * import { playScene } from '#test/virtual-scenes/play-virtual-scene.ts';
 *
 * const { failure } = await playScene(generateScene(17));
 * failure; // undefined
 */
export function generateScene(seed: number): Scene {
  const luck = new SceneLuck(seed);
  const hasFolder = luck.has(folderShare);
  const generator = new SceneGenerator(hasFolder);
  const pickRoles = () => sceneRoles.filter((): boolean => luck.has(0.5));
  const roles: Readonly<Record<string, readonly SceneRole[]>> = Object.fromEntries(
    people.map((name) => [name, pickRoles()]),
  );
  const count = luck.pick([minBeats, minBeats + 1, maxBeats - 1, maxBeats]);
  const changes = Array.from({ length: count }, () => [
    ...luck.pick(beats)(luck, generator),
    ...speakAll(luck),
  ]);
  return {
    ...(hasFolder && { hasFolder }),
    policy: luck.pick(['ask', 'role', 'notice', 'notice'] as const),
    roles,
    steps: [...beginTalk(luck), ...changes.flat(), ...generator.heal()],
  };
}

function beginTalk(luck: SceneLuck): readonly SceneStep[] {
  const answers = people.slice(1).flatMap((name): readonly SceneStep[] => {
    if (luck.has(0.6)) return [];
    return [{ [name]: { runs: luck.pick(['/privacy allow', '/privacy deny']) } }];
  });
  const seats = people
    .slice(1)
    .flatMap((name): readonly SceneStep[] =>
      luck.has(0.8) ? [{ [name]: { joins: 'Lounge' } }] : [],
    );
  return [...answers, ...seats, { Adam: { calls: 'Lounge' } }];
}

function speakAll(luck: SceneLuck): readonly SceneStep[] {
  return people.flatMap((name): readonly SceneStep[] =>
    luck.has(0.35) ? [{ [name]: { says: 'Some words' } }] : [],
  );
}
