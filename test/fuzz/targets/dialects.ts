import type { FuzzTarget } from '#test/fuzz/fuzz-target.ts';
import { chatTarget } from './dialect-chat.ts';
import { earsTarget } from './dialect-ears.ts';
import { talkTarget } from './dialect-realtime.ts';
import { soundTarget } from './dialect-sound.ts';

/** Answers of known servers, altered: what is heard of them is right words, or a failure with its code. */
export const dialectTargets: readonly FuzzTarget[] = [
  chatTarget,
  soundTarget,
  earsTarget,
  talkTarget,
];
