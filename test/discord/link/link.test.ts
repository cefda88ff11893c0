import { setImmediate as turn } from 'node:timers/promises';
import { toPersonId } from '#src/base/ids.ts';
import { testVoiceLink } from '#test/contracts/voice-link-contract.ts';
import {
  makeToneFrames,
  openLinkSetup,
  openSandboxLogin,
  type SandboxLogin,
} from '#test/discord/setup/sandbox-login.ts';
import { FakeLink } from '#test/fakes/fake-link.ts';

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

const ann = toPersonId('ann');

testVoiceLink(
  'the fake link',
  async (mayHear) => {
    const link = new FakeLink(mayHear);
    link.present.push({
      id: ann,
      name: 'Ann',
      isBot: false,
      roleIds: [],
    });
    let nowMs = 0;
    return {
      link,
      speakerId: ann,
      async speak() {
        for (let n = 0; n < 10; n++) {
          const opus = Buffer.from([1, n]);
          link.arrive({
            speakerId: ann,
            sequence: n,
            timestamp: n * 960,
            opus,
            atMs: n * 20,
          });
        }
      },
      async pass(ms) {
        for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs += 20) link.tick(nowMs);
        await turn();
      },
      getHeard: () => link.sent,
      lose: () => link.lose(),
      [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
    };
  },
  (n) => Buffer.from([n]),
);
