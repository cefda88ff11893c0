import { modelAnswer, modelTranslation } from './scene-answers.ts';
import type { SceneStep, VirtualScenes } from './scene-types.ts';
import { playVirtualScenes } from './virtual-scene-tests.ts';

/** Ben sits there, heard; Adam has called the bot, and has both interpreted. */
const interpreted: readonly SceneStep[] = [
  { Ben: { joins: 'Lounge', runs: '/privacy allow' } },
  { Adam: { calls: 'Lounge' } },
  { Adam: { runs: '/interpret on first:en second:de' } },
  { passes: 30_000 },
];
const saidAgain = { hears: { has: modelTranslation } } as const;
const notSaidAgain = { hears: { lacks: modelTranslation } } as const;
const later = { passes: 4_000 } as const;

const interpretingScenes: VirtualScenes = {
  'what one says is said again for the others, and nobody answers it': {
    steps: [
      ...interpreted,
      {
        Ben: {
          says: 'The bird sits on the roof of the house',
          hears: { has: modelTranslation, lacks: modelAnswer },
        },
      },
    ],
  },
  'a question for the bot is answered, and not interpreted': {
    steps: [
      ...interpreted,
      {
        Ben: {
          says: 'Nova, which bird sits on the roof?',
          hears: { has: modelAnswer, lacks: modelTranslation },
        },
      },
    ],
  },
  'who said no is not interpreted, and is again after their own yes': {
    steps: [
      ...interpreted,
      { Ben: { presses: 'consent.never' } },
      { Ben: { says: 'The bird sits on the roof', isHeard: false, ...notSaidAgain } },
      { Ben: { presses: 'consent.always' } },
      { Ben: { says: 'The bird sits on the roof', ...saidAgain } },
    ],
  },
  'who is left out is heard, and not interpreted': {
    steps: [
      ...interpreted,
      { Ben: { presses: 'captions.leave_out' } },
      { Ben: { says: 'The bird sits on the roof', ...notSaidAgain } },
    ],
  },
  'it goes on after a restart, and ends for all by anybody': {
    steps: [
      ...interpreted,
      { bot: 'restarts' },
      later,
      { Ben: { says: 'The bird sits on the roof', ...saidAgain } },
      { Ben: { runs: '/interpret off' } },
      later,
      { Ben: { says: 'The bird sits on the roof', ...notSaidAgain } },
    ],
  },
  'without money of the server nothing is interpreted': {
    steps: [
      ...interpreted,
      { money: 'used' },
      { Ben: { says: 'The bird sits on the roof', ...notSaidAgain } },
    ],
  },
};

playVirtualScenes(interpretingScenes);
