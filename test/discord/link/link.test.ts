import { afterAll, beforeAll } from 'vitest';
import { voiceLinkContract } from '#test/contracts/voice-link.ts';
import {
  openStage,
  openTown,
  type SandboxLogin,
  toneFrames,
} from '#test/discord/setup/sandbox-login.ts';

let town: SandboxLogin | undefined;
let frames: Buffer[] = [];

/** One sandbox for all: each test opens its own link to it. */
function theTown(): SandboxLogin {
  if (!town) throw new Error('no town');
  return town;
}

beforeAll(async () => {
  town = await openTown(1);
  frames = toneFrames(town.codec, 100);
});
afterAll(async () => {
  await town?.[Symbol.asyncDispose]();
});

voiceLinkContract(
  'the real link, end-to-end encrypted',
  (mayHear) => openStage(theTown(), mayHear),
  (n) => frames[n] ?? Buffer.alloc(0),
);
