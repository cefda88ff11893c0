import { testVoiceLink } from '#test/contracts/voice-link-contract.ts';
import {
  makeToneFrames,
  openLinkSetup,
  openSandboxLogin,
  type SandboxLogin,
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
  frames = makeToneFrames(login.codec, 100);
});
afterAll(async () => {
  await login?.[Symbol.asyncDispose]();
});

testVoiceLink(
  'the real link, end-to-end encrypted',
  (mayHear) => openLinkSetup(theTown(), mayHear),
  (n) => frames[n] ?? Buffer.alloc(0),
);
