import { drawChance } from './luck.ts';
import {
  type Act,
  everybody,
  roles,
  type SpokenScene,
  sayings,
  scenes,
} from './simulated-scenes.ts';
import { planWorld } from './world-plan.ts';

/** Share of scenes after the first that are the seed's own one again, over what goes on. */
const ownShare = 0.25;
/** Time, in ms, after the first scene in which its answers are heard. */
const settleMs = 4_000;

/** Lengths of scripts, in minutes, by the round of scenes: each is played alone first, and then over more and more others. */
const roundMinutes = [0, 0.1, 0.3, 0.6] as const;

/** Seeds of which one plays a whole minute: some faults need what scenes leave behind for each other. */
const seedsALongScript = 4;

/** Length of the script of a seed, in minutes, where all scenes are to be met soon. */
function findScriptMinutes(seed: number): number {
  if (seed % seedsALongScript === 1) return 1;
  return roundMinutes[Math.floor(seed / scenes.length)] ?? 1;
}

/** Script of some minutes, by its seed. The seed's own scene comes first, and then scenes that overlap. */
export function makeScript(
  seed: number,
  minutes: number = findScriptMinutes(seed),
): readonly Act[] {
  const { longestGapMs, ownScene, people, scenes: groups } = planWorld(seed);
  let draws = 0;
  const drawRandom = () => drawChance(seed, `script ${draws++}`);
  const drawBetween = (fromMs: number, toMs: number) =>
    Math.floor(fromMs + drawRandom() * (toMs - fromMs));
  const pickItem = <Item>(all: readonly Item[]) =>
    all[Math.floor(drawRandom() * all.length)] as Item;
  /** Each group comes up as often as any other of the seed, whatever its size. */
  const decks = [...groups].map((group) =>
    scenes
      .filter((scene) => scene.group === group)
      .flatMap((scene) => Array.from({ length: scene.weight }, () => scene)),
  );
  const acts: Act[] = [];
  const playScene = (scene: SpokenScene, beganMs: number) => {
    const first = Math.floor(drawRandom() * people.length);
    for (const [kind, who, fromMs, toMs, given] of scene.acts) {
      const by = people[(first + roles.indexOf(who)) % people.length] ?? everybody[0];
      const saying = kind === 'say' ? pickItem(sayings) : `${kind} ${acts.length}`;
      acts.push({
        atMs: beganMs + drawBetween(fromMs, toMs),
        kind,
        by,
        text: given ?? saying,
      });
    }
  };
  playScene(ownScene, 0);
  const ownMs = Math.max(...acts.map(({ atMs }) => atMs)) + settleMs;
  for (
    let beganMs = ownMs;
    beganMs < minutes * 60_000;
    beganMs += drawBetween(0, longestGapMs)
  )
    playScene(drawRandom() < ownShare ? ownScene : pickItem(pickItem(decks)), beganMs);
  return acts.toSorted((act, otherAct) => act.atMs - otherAct.atMs);
}
