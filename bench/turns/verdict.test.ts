import { expect, test } from 'vitest';
import type { ClipWord } from './clips.ts';
import type { TurnScenario } from './plan.ts';
import { judge, type NoticedEvent } from './verdict.ts';

const scenario: TurnScenario = {
  id: 'inner-0',
  kind: 'inner',
  profile: 'gate',
  gainDb: 0,
  clips: ['slt/one_', 'slt/two'],
  pausesMs: [700],
};
/** "tell me" up to 1000 ms, "a story" from `fromMs` on. */
const words = (fromMs: number): ClipWord[] => [
  ['tell', 500, 750],
  ['me', 750, 1000],
  ['a', fromMs, fromMs + 100],
  ['story', fromMs + 100, fromMs + 500],
];
const began = (fromMs: number): NoticedEvent => at(fromMs + 100, 'began');
const paused = (atMs: number): NoticedEvent => at(atMs, 'paused');
const resumed = (atMs: number): NoticedEvent => at(atMs, 'resumed');
const likely = (atMs: number): NoticedEvent => at(atMs, 'likely-over');
const ended = (toMs: number, atMs: number): NoticedEvent => ({
  atMs,
  noticed: { kind: 'ended', whole: { toMs } },
});

function at(atMs: number, kind: Exclude<NoticedEvent['noticed']['kind'], 'ended'>): NoticedEvent {
  return { atMs, noticed: { kind } };
}

test('a frame before the next word is a cut-off, and the wait counts from the last word', () => {
  const before = [began(500), paused(1020), likely(1150), ended(1000, 1300)];
  const after = [began(1700), paused(2220), ended(2200, 2500)];
  const verdict = judge(scenario, words(1700), [...before, ...after]);
  expect(verdict.cutOffs).toEqual([{ after: 'tell me', pauseMs: 700, endedMs: 300, frameMs: 420 }]);
  expect(verdict).toMatchObject({ waitMs: 300, answerMs: 570, clashes: 0, vain: 0, pauses: 2 });
});

test('a frame after the next word began, but before that was noticed, is a clash', () => {
  const before = [began(500), paused(1020), ended(1000, 1300)];
  const verdict = judge(scenario, words(1500), [...before, began(1500), ended(2000, 2300)]);
  expect(verdict).toMatchObject({ cutOffs: [], clashes: 1 });
});

test('speech that goes on drops the answer that was begun', () => {
  const before = [began(500), paused(1020), likely(1150), ended(1000, 1300)];
  const merged = judge(scenario, words(1300), [...before, began(1300), ended(1800, 2100)]);
  expect(merged).toMatchObject({ cutOffs: [], clashes: 0, vain: 1 });
  const within = [began(500), paused(1020), likely(1150), resumed(1250), ended(1600, 1900)];
  expect(judge(scenario, words(1200), within)).toMatchObject({ cutOffs: [], vain: 1 });
});
