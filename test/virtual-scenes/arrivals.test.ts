import type { SceneStep, VirtualScenes } from './scene-types.ts';
import { playVirtualScenes } from './virtual-scene-tests.ts';

/** Ben sits there, heard; Adam has called the bot, and the owner has arrivals said. */
const announced: readonly SceneStep[] = [
  { Ben: { joins: 'Lounge', runs: '/privacy allow' } },
  { Adam: { calls: 'Lounge' } },
  { Olga: { sets: ['arrivals', 'names'] } },
  { passes: 15_000 },
];
const come = { passes: 5_000 } as const;
const voices = (stage: {
  readonly world: {
    readonly lines: readonly { readonly kind: string; readonly text: string }[];
  };
}) =>
  stage.world.lines
    .flatMap(({ kind, text }) => (kind === 'voice' ? text : []))
    .join(' ');

const arrivalScenes: VirtualScenes = {
  'who comes is said by name': {
    steps: [
      ...announced,
      { Cleo: { joins: 'Lounge' } },
      come,
      { see: voices, has: 'Cleo is here.' },
      { Ben: { leaves: true } },
      { passes: 20_000 },
      { see: voices, has: 'Ben has left.' },
    ],
  },
  'who said no is not named, neither as they come nor as they leave': {
    steps: [
      ...announced,
      { Cleo: { runs: '/privacy deny' } },
      { Cleo: { joins: 'Lounge' } },
      { Ben: { presses: 'consent.never' } },
      { passes: 30_000 },
      { Ben: { leaves: true } },
      { Cleo: { leaves: true } },
      { passes: 30_000 },
      { see: voices, lacks: /Ben|Cleo/ },
    ],
  },
};

playVirtualScenes(arrivalScenes);
