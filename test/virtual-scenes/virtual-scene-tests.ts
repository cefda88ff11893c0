import { expect, test } from 'vitest';
import { expectedFailures } from './expected-failures.ts';
import { playScene } from './play-virtual-scene.ts';
import type { VirtualScenes } from './scene-types.ts';

/** Plays a scene, which fails today where it is one of `expectedFailures`. */
export function testScene(title: string, play: () => Promise<void>): void {
  if (expectedFailures.has(title)) test.fails(title, play);
  else test(title, play);
}

/** One test for each scene: its own looks have to match, and the judge may find nothing. */
export function playVirtualScenes(scenes: VirtualScenes): void {
  for (const [title, scene] of Object.entries(scenes))
    testScene(title, async () => {
      const { failure } = await playScene(scene);
      expect(failure).toBeUndefined();
    });
}
