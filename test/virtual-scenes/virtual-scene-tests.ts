import { expect, test } from 'vitest';
import { generateScene } from './generate-scene.ts';
import { playScene } from './play-virtual-scene.ts';
import type { VirtualScenes } from './scene-types.ts';

/** One test for each scene: its own looks have to match, and the judge may find nothing. */
export function playVirtualScenes(scenes: VirtualScenes): void {
  for (const [title, scene] of Object.entries(scenes))
    test(title, async () => {
      const { failure } = await playScene(scene);
      expect(failure).toBeUndefined();
    });
}

const groupSize = 10;

/** Tests that people are heard as they and the server allow in the scenes of these seeds. */
export function testGeneratedScenes(firstSeed: number, lastSeed: number): void {
  for (let first = firstSeed; first <= lastSeed; first += groupSize) {
    const last = Math.min(lastSeed, first + groupSize - 1);
    test(`scenes of seeds ${first} to ${last}: each person is heard only as they and the server allow`, async () => {
      const findings: string[] = [];
      for (let seed = first; seed <= last; seed++) {
        const { failure } = await playScene(generateScene(seed));
        if (failure)
          findings.push(`npm run simulate -- --scenes --seed ${seed}: ${failure}`);
      }
      expect(findings).toEqual([]);
    });
  }
}
