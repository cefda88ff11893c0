import type { TrackCaller, TrackWish } from '#src/session/ports/tracks.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { adam, eva, type House, lounge, openHouse, pass } from './session-fixture.ts';

export const ben = { id: 'ben', name: 'Ben', isBot: false, roleIds: [] };
export const bot = { id: 'bot', name: 'Other', isBot: true, roleIds: [] };
export const [byAdam, byEva, byBen] = [adam, eva, ben].map(
  ({ id, name }): TrackCaller => ({ id, name, mayManage: false }),
) as [TrackCaller, TrackCaller, TrackCaller];
export const manager = { ...byEva, mayManage: true };

/** The bot is called into the Lounge, where these sit. */
export async function openRoom(
  people = [adam, eva, ben],
  over: Parameters<typeof openHouse>[0] = {},
) {
  const house = openHouse(over, people);
  await house.rooms.join(lounge, 'adam');
  await pass(house, 200);
  return house;
}

/** Rain on main, unless something else is said. */
export function play(house: House, caller: TrackCaller, more: Partial<TrackWish> = {}) {
  const wish = { sound: 'rain', track: 'main', loop: false, next: false, ...more };
  return house.tracks.play('g', caller, wish);
}

export function deckOf(house: House) {
  const session = house.rooms.session('g');
  if (!session) throw new Error('the bot is nowhere');
  return session.context.tracks.owned;
}

/** Only these sit there from now on. */
export function seat({ door }: House, people: readonly ChannelMember[]): void {
  door.link.present.splice(0, door.link.present.length, ...people);
}

/** What plays on a track, and what waits behind it. */
export const titles = (house: House, track = 'main') => {
  const view = house.tracks.list('g')?.find(({ name }) => name === track);
  return [view?.current?.title, ...(view?.waiting ?? []).map(({ title }) => title)];
};
