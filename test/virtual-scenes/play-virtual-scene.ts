import type { Match } from '#test/scenarios/scene-types.ts';
import { judgeWorld } from './judge-world.ts';
import { SceneStage } from './scene-stage.ts';
import type { Scene, SceneActs, SceneStep, WorldSteps } from './scene-types.ts';

/** Plays a scene, and returns the first thing that is wrong. */
export async function playScene(
  scene: Scene,
): Promise<{ readonly failure: string | undefined }> {
  using stage = new SceneStage(scene);
  const { steps } = scene;
  for (const [n, step] of steps.entries()) {
    const failure = await playStep(stage, step);
    if (failure)
      return { failure: `step ${n + 1}, ${JSON.stringify(step)}: ${failure}` };
  }
  await stage.pass(2_000);
  const captions = [...stage.captionChats.chats.values()].flatMap(({ texts }) => texts);
  const [finding] = judgeWorld(stage.world, captions);
  return { failure: finding && `${finding.rule}: ${finding.text}` };
}

/** Plays a step. Returns what did not match. */
async function playStep(
  stage: SceneStage,
  step: SceneStep,
): Promise<string | undefined> {
  const word = Object.keys(step).find((key) => key in worldPlayers);
  if (word)
    // Each player is under its own word.
    return await worldPlayers[word as keyof WorldSteps](stage, step as never);
  for (const [name, acts] of Object.entries(step) as [string, SceneActs][]) {
    const failure = await playActs(stage, name, acts);
    if (failure) return failure;
  }
  return undefined;
}

type WorldPlayers = {
  readonly [Word in keyof WorldSteps]: (
    stage: SceneStage,
    step: WorldSteps[Word],
  ) => Promise<string | undefined>;
};

const worldPlayers: WorldPlayers = {
  async passes(stage, { passes }) {
    await stage.pass(passes);
    return undefined;
  },
  async bot(stage, { bot, policy }) {
    if (bot === 'restarts' || bot === 'is killed') await stage.restart(bot, policy);
    else stage.mute(bot === 'is muted');
    return undefined;
  },
  async moves(stage, { moves }) {
    await stage.move(moves);
    return undefined;
  },
  async database(stage, { database }) {
    stage.setDatabase(database === 'away');
    return undefined;
  },
  async chat(stage, { chat }) {
    stage.setChat(chat);
    return undefined;
  },
  async money(stage, { money }) {
    stage.setMoney(money === 'used');
    return undefined;
  },
  async copy(stage, { copy }) {
    await (copy === 'made' ? stage.makeCopy() : stage.restoreCopy());
    return undefined;
  },
  see: async (stage, { see, ...match }) => findMismatch(see(stage), match),
};

type Actor = {
  readonly stage: SceneStage;
  readonly name: string;
  readonly acts: SceneActs;
  readonly fromMs: number;
};

type ActPlayers = {
  readonly [Verb in keyof SceneActs]-?: (
    actor: Actor,
    given: NonNullable<SceneActs[Verb]>,
  ) => Promise<string | undefined> | string | undefined;
};

async function playActs(stage: SceneStage, name: string, acts: SceneActs) {
  const actor = { stage, name, acts, fromMs: stage.nowMs };
  for (const [verb, given] of Object.entries(acts)) {
    const failure = await actPlayers[verb as keyof SceneActs](actor, given as never);
    if (failure) return failure;
  }
  return undefined;
}

const actPlayers: ActPlayers = {
  async joins({ name, stage }, channel) {
    stage.seat(name, channel);
    await stage.pass(1_000);
    return undefined;
  },
  async leaves({ name, stage }) {
    stage.seat(name, undefined);
    await stage.pass(500);
    return undefined;
  },
  async calls({ name, stage }, channel) {
    stage.seat(name, channel);
    await stage.run(name, '/join');
    await stage.pass(3_000);
    return undefined;
  },
  gains: ({ name, stage }, role) => void stage.changeRoles(name, role, true),
  loses: ({ name, stage }, role) => void stage.changeRoles(name, role, false),
  async sets({ name, stage }, [key, value]) {
    await stage.set(name, key, value);
    await stage.pass(500);
    return undefined;
  },
  async runs({ name, stage }, text) {
    await stage.run(name, text);
    return undefined;
  },
  async presses({ name, stage }, button) {
    await stage.press(name, button);
    return undefined;
  },
  async says({ acts: { means }, name, stage }, text) {
    await stage.say(name, text, means);
    return undefined;
  },
  async writes({ acts: { means }, name, stage }, text) {
    await stage.write(name, text, false, means);
    return undefined;
  },
  async mentions({ acts: { means }, name, stage }, text) {
    await stage.write(name, text, true, means);
    return undefined;
  },
  isHeard({ name, stage }, isHeard) {
    const saying = stage.world.sayings.findLast(({ by }) => by === name);
    const wasHeard = (saying?.heardFrames.size ?? 0) > 0;
    if (wasHeard === isHeard) return undefined;
    return `${name} is ${isHeard ? 'not ' : ''}heard`;
  },
  means: () => undefined,
  reads({ acts, fromMs, name, stage }, match) {
    const sinceMs = Object.keys(acts).length > 1 ? fromMs : 0;
    const lines = stage.world.lines.filter(
      ({ atMs, kind, names }) =>
        atMs >= sinceMs && names.includes(name) && kind !== 'voice' && kind !== 'chat',
    );
    return findMismatch(lines.at(-1)?.text, match);
  },
  hears({ fromMs, stage }, match) {
    const voices = stage.world.lines.filter(
      ({ atMs, kind }) => kind === 'voice' && atMs >= fromMs,
    );
    return findMismatch(voices.map(({ text }) => text).join(' '), match);
  },
};

/** Finds what is not as it must be. */
function findMismatch(value: unknown, { has = [], is, lacks = [] }: Match) {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
  const includesPart = (part: string | RegExp) =>
    typeof part === 'string' ? text.includes(part) : part.test(text);
  if (is !== undefined && value !== is && JSON.stringify(value) !== JSON.stringify(is))
    return `it is ${text}`;
  const isLacking = [has].flat().find((part) => !includesPart(part));
  if (isLacking !== undefined) return `${text} lacks ${isLacking}`;
  const isThere = [lacks].flat().find((part) => includesPart(part));
  return isThere === undefined ? undefined : `${text} has ${isThere}`;
}
