import childProcess from 'node:child_process';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Frame } from '#src/audio/frame.ts';
import { resourceOf } from '#src/discord/link/sender.ts';

function sourceOf(frames: Frame[]) {
  return { next: () => frames.shift(), left: () => {}, isIdle: true };
}

test('no resource has the library look for FFmpeg, which holds the main thread', () => {
  const spawned = vi.spyOn(childProcess, 'spawnSync');
  resourceOf(sourceOf([]));
  expect(spawned).not.toHaveBeenCalled();
  spawned.mockRestore();
});

test('a resource asks its source at the moment it is read, and never ahead', async () => {
  const frames = [Buffer.from([1]), Buffer.from([2])];
  const resource = resourceOf(sourceOf(frames));
  await turn(); // the stream pokes itself once after creation
  expect(frames).toHaveLength(2);
  expect(resource.read()).toEqual(Buffer.from([1]));
  expect(frames).toHaveLength(1);
});

test('a source that has nothing now is asked again later', () => {
  const frames: Frame[] = [];
  const resource = resourceOf(sourceOf(frames));
  expect(resource.read()).toBeNull();
  frames.push(Buffer.from([1]));
  expect(resource.read()).toEqual(Buffer.from([1]));
});

test('a resource that was replaced takes nothing more from its source', () => {
  const frames = [Buffer.from([1])];
  const resource = resourceOf(sourceOf(frames));
  resource.playStream.destroy();
  expect(resource.read()).toBeNull();
  expect(frames).toHaveLength(1);
});
