import { expect } from 'vitest';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import type { CaptionOptions } from '#src/features/captions/caption-settings.ts';
import type { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  hearSpeech,
  joinLounge,
  passTime,
  type SessionFixture,
} from './session-fixture.ts';

const speech = 'human-goforward';
const g = toGuildId('g');
const everybody = { channelIds: [toChannelId('lounge')] };

/** Adam has called the bot and turned captions on; Eva said yes for always. */
export async function openCaptioned(
  options: FixtureOptions = {},
  clock?: VirtualClock,
  on: CaptionOptions = {},
): Promise<SessionFixture> {
  const fixture = await joinLounge({ addressing: 'off', ...options }, undefined, clock);
  await fixture.privacy.allow(g, eva.id);
  await passTime(fixture, 100);
  await turnCaptionsOn(fixture, on);
  return fixture;
}

export async function turnCaptionsOn(fixture: SessionFixture, on: CaptionOptions = {}) {
  const turning = fixture.captions.turnOn(g, on);
  await passTime(fixture, 4_000);
  expect(await turning).toMatchObject({ kind: 'on', placeId: 'lounge', isHere: true });
}

export async function sayAll(fixture: SessionFixture, who = adam) {
  await hearSpeech(fixture, 4_000, speech, who);
}

/** Lines kept, in order of speech. */
export async function listKept({ dependencies: { transcripts } }: SessionFixture) {
  const all = (await transcripts.onDisk.reader.listSessions(g, everybody)).map(
    ({ id }) => transcripts.onDisk.reader.listLines(id, everybody),
  );
  return (await Promise.all(all)).flat();
}
