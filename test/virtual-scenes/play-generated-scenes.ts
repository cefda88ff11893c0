import { generateScene } from './generate-scene.ts';
import { playScene } from './play-virtual-scene.ts';

/** Plays generated scenes, prints each finding, of one seed its steps too, and ends the process. */
export async function playGeneratedScenes(
  first: number,
  count: number,
): Promise<never> {
  let failed = 0;
  for (let seed = first; seed < first + count; seed++) {
    const scene = generateScene(seed);
    const { failure } = await playScene(scene);
    if (count === 1)
      for (const [n, step] of scene.steps.entries())
        console.log(`${n + 1} ${JSON.stringify(step)}`);
    if (failure === undefined) continue;
    failed++;
    console.log(`seed ${seed}: ${failure}`);
  }
  console.log(`${count - failed} of ${count} scenes hold`);
  process.exit(failed > 0 ? 1 : 0);
}
