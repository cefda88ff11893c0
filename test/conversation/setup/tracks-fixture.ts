import { toGuildId, toPersonId } from '#src/base/ids.ts';
import type { SilenceOutcome } from '#src/conversation/mouth/silence.ts';
import type {
  PlayRequest,
  TrackCaller,
} from '#src/features/tracks/track-request-outcomes.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import {
  adam,
  eva,
  joinLounge,
  makePerson,
  type openSessionFixture,
  passTime,
  type SessionFixture,
} from './session-fixture.ts';

export const ben = makePerson('Ben');
export const bot: ChannelMember = {
  id: toPersonId('bot'),
  name: 'Other',
  isBot: true,
  roleIds: [],
};
export const [byAdam, byEva, byBen] = [adam, eva, ben].map(
  ({ id, name }): TrackCaller => ({ id, name, mayManage: false }),
) as [TrackCaller, TrackCaller, TrackCaller];
export const manager = { ...byEva, mayManage: true };

/** The bot is called into the Lounge, where these sit. */
export async function openSetup(
  people = [adam, eva, ben],
  overrides: Parameters<typeof openSessionFixture>[0] = {},
) {
  const fixture = await joinLounge(overrides, people);
  await passTime(fixture, 200);
  return fixture;
}

/** Rain on main, unless something else is said. */
export async function playSound(
  fixture: SessionFixture,
  caller: TrackCaller,
  overrides: Partial<PlayRequest> = {},
) {
  const request = {
    sound: 'rain',
    track: 'main',
    loop: false,
    next: false,
    ...overrides,
  };
  const [outcome] = await fixture.tracks.playSound(toGuildId('g'), caller, request);
  return outcome;
}

/** Somebody changes a track, main unless another is named. */
export function changeTrack(
  { tracks }: SessionFixture,
  by: TrackCaller,
  command:
    | Parameters<typeof tracks.changeTracks>[2]
    | 'skip'
    | 'stop'
    | 'pause'
    | 'mute',
  track = 'main',
) {
  const change = typeof command === 'string' ? { kind: command } : command;
  return tracks.changeTracks(toGuildId('g'), by, change, track);
}

/** Titles of the current item of a track, and of those that wait. */
export const listTitles = (fixture: SessionFixture, track = 'main') => {
  const view = fixture.tracks
    .listTracks(toGuildId('g'))
    ?.find(({ name }) => name === track);
  return [view?.current?.title, ...(view?.waiting ?? []).map(({ title }) => title)];
};

/** What a stop came to, with the tracks that it paused. */
export function formatSilence({ kind, paused }: SilenceOutcome) {
  return [kind, ...paused.map(({ track }) => `paused ${track}`)].join(' ');
}
