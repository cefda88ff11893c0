import { expect } from 'vitest';
import type { CaptionOptions } from '#src/settings/setting-definition.ts';
import type { VirtualClock } from '#test/fakes/clock.ts';
import {
  adam,
  type FixtureOptions,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from './session-fixture.ts';

const speech = 'human-goforward';
const everybody = { channelIds: ['lounge'] };

/** Adam has called the bot and turned captions on; Eva said yes for always. */
export async function captioned(
  options: FixtureOptions = {},
  clock?: VirtualClock,
  on: CaptionOptions = {},
): Promise<SessionFixture> {
  const fixture = openSessionFixture({ addressing: 'off', ...options }, undefined, clock);
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'eva');
  await pass(fixture, 100);
  await turnOn(fixture, on);
  return fixture;
}

export async function turnOn(fixture: SessionFixture, on: CaptionOptions = {}): Promise<void> {
  const turning = fixture.captions.turnOn('g', on);
  await pass(fixture, 4_000);
  expect(await turning).toMatchObject({ kind: 'on', placeId: 'lounge', isHere: true });
}

export async function says(fixture: SessionFixture, who = adam): Promise<void> {
  await pass(fixture, 4_000, await words(speech, who, fixture.clock.nowMs()));
}

/** Lines kept, in order of speech. */
export async function kept({ dependencies: { transcripts } }: SessionFixture) {
  const sessions = await transcripts.onDisk.reader.sessions('g', everybody);
  const all = sessions.map(({ id }) => transcripts.onDisk.reader.lines(id, everybody));
  return (await Promise.all(all)).flat();
}
