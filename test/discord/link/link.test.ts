import { afterAll, beforeAll } from 'vitest';
import { voiceLinkContract } from '#test/contracts/voice-link.ts';
import {
  openSandboxLogin,
  openSetup,
  type SandboxLogin,
  toneFrames,
} from '#test/discord/setup/sandbox-login.ts';

let login: SandboxLogin | undefined;
let frames: Buffer[] = [];

/** One sandbox for all: each test opens its own link to it. */
function theTown() {
  if (!login) throw new Error('the sandbox is not open');
  return login;
}

beforeAll(async () => {
  login = await openSandboxLogin(1);
  frames = toneFrames(login.codec, 100);
});
afterAll(async () => {
  await login?.[Symbol.asyncDispose]();
});

voiceLinkContract(
  'the real link, end-to-end encrypted',
  (mayHear) => openSetup(theTown(), mayHear),
  (n) => frames[n] ?? Buffer.alloc(0),
);
