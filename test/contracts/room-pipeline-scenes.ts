import { expect } from 'vitest';
import type { PipelineName } from '#src/pipeline/pipeline.ts';
import { openServed, type Served } from '#test/session/setup/served-session.ts';

/** Two minutes of talk: there is always more of it. */
export const story = `Well, listen. ${Array.from({ length: 40 }, (_, n) => `This is the sentence number ${n + 1} of a very long story.`).join(' ')}`;
/** In real time, of which little passes. */
const slowly = { tokensPerSecond: 200, soundSpeed: 60 };

export const replies = [
  { match: 'forward', text: 'Ten meters it is.' },
  { match: 'capital', text: 'Paris.' },
  { match: 'speak half', text: 'Of course.' },
] as const;
const storyTold = [{ match: 'forward', text: story }, ...replies];

/** Adam asks, and listens to a long story. */
export async function listening(name: PipelineName): Promise<Served> {
  const room = await openServed(name, { replies: storyTold, pace: slowly });
  await room.say('forward');
  await room.until(() => room.soundedMs(1_000) > 900, 'a second of a story');
  return room;
}

/** From the next frames on there is silence. */
export async function quietFrom(room: Served): Promise<void> {
  await room.pass(600);
  const { sent } = room.fixture.linkOpener.link;
  await room.settle();
  await room.pass(2_000);
  expect(room.fixture.linkOpener.link.sent).toBe(sent);
  expect(room.running).toEqual([]);
}

/** What servers remember between two requests. */
export function inMind({ providers }: Served): readonly string[] {
  const open = providers.talk.calls.filter(({ isClosed }) => !isClosed);
  return open.flatMap(({ items }) => items.map(({ role, text }) => `${role}: ${text}`));
}
