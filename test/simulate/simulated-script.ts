import { drawChance } from './luck.ts';
import { type Act, everybody, roles, sayings, scenes } from './simulated-scenes.ts';
import { planWorld } from './world-plan.ts';

/** Script of some minutes, by its seed. */
export function makeScript(seed: number, minutes: number): readonly Act[] {
  const { longestGapMs, people, scenes: groups } = planWorld(seed);
  let draws = 0;
  const random = () => drawChance(seed, `script ${draws++}`);
  const between = (fromMs: number, toMs: number) =>
    Math.floor(fromMs + random() * (toMs - fromMs));
  const pick = <Item>(all: readonly Item[]) =>
    all[Math.floor(random() * all.length)] as Item;
  /** Each group comes up as often as any other of the seed, whatever its size. */
  const decks = [...groups].map((group) =>
    scenes
      .filter((scene) => scene.group === group)
      .flatMap(({ acts, weight }) => Array.from({ length: weight }, () => acts)),
  );
  const acts: Act[] = [];
  for (
    let beganMs = 0;
    beganMs < minutes * 60_000;
    beganMs += between(0, longestGapMs)
  ) {
    const first = Math.floor(random() * people.length);
    for (const [kind, who, fromMs, toMs, given] of pick(pick(decks))) {
      const by = people[(first + roles.indexOf(who)) % people.length] ?? everybody[0];
      const saying = kind === 'say' ? pick(sayings) : `${kind} ${acts.length}`;
      acts.push({
        atMs: beganMs + between(fromMs, toMs),
        kind,
        by,
        text: given ?? saying,
      });
    }
  }
  return acts.toSorted((one, other) => one.atMs - other.atMs);
}
