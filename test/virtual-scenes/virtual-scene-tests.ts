import { expect, test } from 'vitest';
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
