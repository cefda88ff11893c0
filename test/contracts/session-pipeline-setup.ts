import { expect } from 'vitest';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import {
  openServed,
  type ServedSession,
} from '#test/conversation/setup/served-session.ts';
import { adam } from '#test/conversation/setup/session-fixture.ts';

/** Five minutes of talk: there is always more of it. */
export const longStory = `Well, listen. ${Array.from({ length: 100 }, (_, n) => `This is the sentence number ${n + 1} of a very long story.`).join(' ')}`;
/** Some times as fast as it is heard. */
const slowPace = { tokensPerSecond: 30, soundSpeed: 4 };

export const replies = [
  { match: 'forward', text: 'Ten meters it is.' },
  { match: 'capital', text: 'Paris.' },
  { match: 'speak half', text: 'Of course.' },
] as const;
const storyIsReported = [{ match: 'forward', text: longStory }, ...replies];

/** Adam asks, and listens to a long story. */
export async function openListening(name: PipelineName): Promise<ServedSession> {
  const served = await openServed(name, { replies: storyIsReported, pace: slowPace });
  await served.say('forward');
  await served.passUntil(() => served.soundedMs(1_000) > 900, 'a second of a story');
  return served;
}

/** Adam asks for the capital, goes on after a pause, and so much time passes from there. */
export async function continueAfterPause(
  served: ServedSession,
  pauseMs: number,
  ms: number,
) {
  const [endMs, leadMs] = [2_260, 480];
  const goesOnMs = endMs + pauseMs;
  const nowMs = served.fixture.clock.nowMs();
  const first = await served.makePackets('capital', adam);
  const second = await served.makePackets('forward', adam, goesOnMs - leadMs);
  await served.pass(goesOnMs + ms, [
    ...first.filter(({ atMs }) => atMs < nowMs + endMs),
    ...second.filter(({ atMs }) => atMs >= nowMs + goesOnMs),
  ]);
}

/** From the next frames on there is silence. */
export async function findQuietMs(served: ServedSession) {
  await served.pass(600);
  const { sent } = served.fixture.linkOpener.link;
  await served.settleAll();
  await served.pass(2_000);
  expect(served.fixture.linkOpener.link.sent).toBe(sent);
  expect(served.running).toEqual([]);
}

/** Items that servers remember between two requests. */
export function listRemembered({ providers }: ServedSession) {
  const open = providers.talk.calls.filter(({ isClosed }) => !isClosed);
  return open.flatMap(({ items }) => items.map(({ role, text }) => `${role}: ${text}`));
}
