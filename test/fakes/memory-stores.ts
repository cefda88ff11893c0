import type { Public } from '#src/base/public.ts';
import type { PanelPlace, PanelStore } from '#src/conversation/ports/panel.ts';
import type { GuildSettingsStore } from '#src/conversation/ports/stores/guild-settings-store.ts';
import type { JoinedGuildStore } from '#src/conversation/ports/stores/joined-guild-store.ts';
import type { Seat, SeatStore, StoredSeat } from '#src/conversation/ports/stores/seat-store.ts';
import type { StoredTrack, TrackStore } from '#src/features/tracks/track-store.ts';
import type { ConsentStore, StoredConsent, StoredRows } from '#src/people/consent-store.ts';
import type { LeftOutPeopleStore } from '#src/people/left-out-people.ts';
import type { PersonSettings, PersonSettingsStore } from '#src/people/person-settings.ts';
import { MemoryReminders } from './memory-reminders.ts';
import { checkReadable, checkWritable, type StoreTrouble } from './store-trouble.ts';

/** A book of who is left out of captions, in memory. Set `trouble` to make it fail from then on. */
class MemoryLeftOutPeople implements LeftOutPeopleStore {
  trouble: StoreTrouble | undefined;
  readonly #leftOut = new Map<string, Set<string>>();

  async readLeftOut(guildId: string): Promise<ReadonlySet<string>> {
    checkReadable(this.trouble);
    return new Set(this.#leftOut.get(guildId));
  }

  async leaveOut(guildId: string, personId: string, isLeftOut: boolean): Promise<void> {
    checkWritable(this.trouble);
    this.drop(guildId, personId);
    const server = this.#leftOut.get(guildId) ?? new Set<string>();
    if (isLeftOut) this.#leftOut.set(guildId, server.add(personId));
  }

  has(guildId: string, personId: string): boolean {
    return this.#leftOut.get(guildId)?.has(personId) === true;
  }

  drop(guildId: string, personId: string): boolean {
    return this.#leftOut.get(guildId)?.delete(personId) === true;
  }
}

/** Personal settings in memory. Set `trouble` to make it fail from then on. */
class MemoryPersonSettings implements PersonSettingsStore {
  trouble: StoreTrouble | undefined;
  readonly #all = new Map<string, PersonSettings>();

  async read(guildId: string, personId: string): Promise<PersonSettings> {
    checkReadable(this.trouble);
    return this.#all.get(`${guildId} ${personId}`) ?? {};
  }

  async write(guildId: string, personId: string, settings: PersonSettings): Promise<void> {
    checkWritable(this.trouble);
    if (Object.keys(settings).length === 0) this.drop(guildId, personId);
    else this.#all.set(`${guildId} ${personId}`, settings);
  }

  has(guildId: string, personId: string): boolean {
    return this.#all.has(`${guildId} ${personId}`);
  }

  drop(guildId: string, personId: string): boolean {
    return this.#all.delete(`${guildId} ${personId}`);
  }
}

/** A book of seats in memory. Set `trouble` to make it fail from then on. */
class MemorySeats implements SeatStore {
  trouble: StoreTrouble | undefined;
  /** By the clock of this store. */
  #nowMs = 0;
  readonly #seats = new Map<string, { seat: Seat; aliveAtMs: number }>();

  /** Lets time pass, in ms. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  async read(): Promise<readonly StoredSeat[]> {
    checkReadable(this.trouble);
    return [...this.#seats.values()]
      .map(({ seat, aliveAtMs }) => ({ ...seat, idleMs: Math.max(0, this.#nowMs - aliveAtMs) }))
      .toSorted((one, two) => (one.guildId < two.guildId ? -1 : 1));
  }

  async readIn(guildId: string): Promise<StoredSeat | undefined> {
    return (await this.read()).find((seat) => seat.guildId === guildId);
  }

  async write(seat: Seat): Promise<void> {
    checkWritable(this.trouble);
    this.#seats.set(seat.guildId, { seat: structuredClone(seat), aliveAtMs: this.#nowMs });
  }

  async alive(guildIds: readonly string[]): Promise<void> {
    checkWritable(this.trouble);
    for (const [guildId, entry] of this.#seats) {
      if (guildIds.includes(guildId)) entry.aliveAtMs = this.#nowMs;
    }
  }

  async erase(guildId: string): Promise<void> {
    checkWritable(this.trouble);
    this.#seats.delete(guildId);
  }

  async expire(idleMs: number): Promise<number> {
    checkWritable(this.trouble);
    const old = [...this.#seats.values()].filter(
      ({ aliveAtMs }) => this.#nowMs - aliveAtMs >= idleMs,
    );
    const counts = old.map((entry) => {
      const count = idsIn(entry.seat).length;
      const { callerId, followedId, ...seat } = entry.seat;
      entry.seat = { ...seat, agreedIds: [] };
      return count;
    });
    return counts.reduce((sum, count) => sum + count, 0);
  }

  count(guildId: string, personId: string): number {
    const seat = this.#seats.get(guildId)?.seat;
    return seat ? idsIn(seat).filter((id) => id === personId).length : 0;
  }

  forget(guildId: string, personId: string): number {
    const count = this.count(guildId, personId);
    const entry = this.#seats.get(guildId);
    if (!entry) return count;
    const { callerId = personId, followedId = personId, ...seat } = entry.seat;
    const others = (ids: readonly string[]) => ids.filter((id) => id !== personId);
    const people = { agreedIds: others(seat.agreedIds) };
    const caller = callerId === personId ? {} : { callerId };
    const followed = followedId === personId ? {} : { followedId };
    entry.seat = { ...seat, ...people, ...caller, ...followed };
    return count;
  }

  drop(guildId: string): number {
    return this.#seats.delete(guildId) ? 1 : 0;
  }
}

/** Ids of people in a seat, one for each thing they said there or did. */
function idsIn({ agreedIds, callerId, followedId }: Seat): readonly string[] {
  const others = [callerId, followedId].filter((id) => id !== undefined);
  return [...agreedIds, ...others];
}

/** A consent book in memory. Set `trouble` to make it fail from then on. */
export class MemoryConsents implements ConsentStore {
  trouble: StoreTrouble | undefined;
  readonly leftOutPeople = new MemoryLeftOutPeople();
  readonly personSettings = new MemoryPersonSettings();
  readonly seats = new MemorySeats();
  readonly reminders = new MemoryReminders();
  readonly #standings = new Map<string, Map<string, StoredConsent>>();

  async read(guildId: string): Promise<ReadonlyMap<string, StoredConsent>> {
    checkReadable(this.trouble);
    return new Map(this.#standings.get(guildId));
  }

  async write(guildId: string, personId: string, standing: StoredConsent): Promise<void> {
    checkWritable(this.trouble);
    const server = this.#standings.get(guildId) ?? new Map<string, StoredConsent>();
    this.#standings.set(guildId, server.set(personId, standing));
  }

  async forgetting() {
    checkReadable(this.trouble);
    return [...this.#standings].flatMap(([guildId, server]) =>
      [...server].flatMap(([personId, { kind }]) =>
        kind === 'forgetting' ? [{ guildId, personId }] : [],
      ),
    );
  }

  async dropDays(): Promise<number> {
    return 0;
  }

  async count(guildId: string, personId: string) {
    checkReadable(this.trouble);
    const isStanding = this.#standings.get(guildId)?.has(personId) === true;
    const isLeftOut = this.leftOutPeople.has(guildId, personId);
    const hasOwn = this.personSettings.has(guildId, personId);
    const counts = [isStanding, isLeftOut, hasOwn].map(Number);
    const kept = this.seats.count(guildId, personId) + this.reminders.count(guildId, personId);
    return counts.reduce((sum, one) => sum + one, kept);
  }

  /** Rows of three tables. */
  async rowsAbout(guildId: string, personId: string): Promise<StoredRows> {
    checkReadable(this.trouble);
    const standing = this.#standings.get(guildId)?.get(personId);
    const isLeftOut = this.leftOutPeople.has(guildId, personId);
    const row = { guildId, personId };
    return {
      consents: standing ? [{ ...row, ...standing }] : [],
      left_out_of_captions: isLeftOut ? [row] : [],
      reminders: await this.reminders.list(guildId, personId),
    };
  }

  async erase(guildId: string, personId: string): Promise<number> {
    checkWritable(this.trouble);
    const standings = this.#standings.get(guildId);
    const isForgotten = standings?.get(personId)?.kind.startsWith('forg') === true;
    const wasStanding = !isForgotten && standings?.delete(personId) === true;
    const wasLeftOut = this.leftOutPeople.drop(guildId, personId);
    const hadOwn = this.personSettings.drop(guildId, personId);
    const counts = [wasStanding, wasLeftOut, hadOwn].map(Number);
    const kept = this.seats.forget(guildId, personId) + this.reminders.forget(guildId, personId);
    return counts.reduce((sum, one) => sum + one, kept);
  }

  drop(guildId: string): number {
    const { size } = this.#standings.get(guildId) ?? new Map();
    this.#standings.delete(guildId);
    return size;
  }
}

/** A panel book in memory. Set `trouble` to make it fail from then on. */
export class MemoryPanels implements PanelStore {
  trouble: StoreTrouble | undefined;
  readonly #places = new Map<string, PanelPlace>();

  async read(guildId: string): Promise<PanelPlace | undefined> {
    checkReadable(this.trouble);
    return this.#places.get(guildId);
  }

  async write(guildId: string, place: PanelPlace): Promise<void> {
    checkWritable(this.trouble);
    this.#places.set(guildId, place);
  }

  drop(guildId: string): number {
    return this.#places.delete(guildId) ? 1 : 0;
  }
}

/** A book of settings in memory. Set `trouble` to make it fail from then on. */
export class MemorySettings implements GuildSettingsStore {
  trouble: StoreTrouble | undefined;
  readonly #servers = new Map<string, Map<string, string>>();

  async read(guildId: string): Promise<ReadonlyMap<string, string>> {
    checkReadable(this.trouble);
    return new Map(this.#servers.get(guildId));
  }

  async write(guildId: string, key: string, value: string | undefined): Promise<void> {
    checkWritable(this.trouble);
    const server = this.#servers.get(guildId) ?? new Map<string, string>();
    this.#servers.set(guildId, server);
    if (value === undefined) server.delete(key);
    else server.set(key, value);
  }

  drop(guildId: string): number {
    const { size } = this.#servers.get(guildId) ?? new Map();
    this.#servers.delete(guildId);
    return size;
  }
}

/** A book of tracks in memory. Set `trouble` to make it fail from then on. */
export class MemoryTracks implements Public<TrackStore> {
  trouble: StoreTrouble | undefined;
  readonly #channels = new Map<string, readonly StoredTrack[]>();

  async read(guildId: string, channelId: string): Promise<readonly StoredTrack[]> {
    checkReadable(this.trouble);
    return this.#channels.get(`${guildId} ${channelId}`) ?? [];
  }

  async write(guildId: string, channelId: string, tracks: readonly StoredTrack[]): Promise<void> {
    checkWritable(this.trouble);
    this.#channels.set(`${guildId} ${channelId}`, structuredClone(tracks));
  }

  drop(guildId: string): number {
    const keys = [...this.#channels.keys()].filter((key) => key.startsWith(`${guildId} `));
    return keys.filter((key) => this.#channels.delete(key)).length;
  }
}

/** Data of servers in these stores. Set `trouble` to make it fail from then on. */
export class MemoryGuilds implements JoinedGuildStore {
  trouble: StoreTrouble | undefined;
  readonly #stores: readonly { drop(guildId: string): number }[];
  readonly #noted = new Map<string, Set<string>>();

  constructor(...stores: readonly { drop(guildId: string): number }[]) {
    this.#stores = stores;
  }

  async erase(guildId: string): Promise<number> {
    checkWritable(this.trouble);
    for (const guildIds of this.#noted.values()) guildIds.delete(guildId);
    return this.#stores.reduce((sum, store) => sum + store.drop(guildId), 0);
  }

  async noted(botId: string): Promise<readonly string[]> {
    checkReadable(this.trouble);
    return [...(this.#noted.get(botId) ?? [])];
  }

  async note(botId: string, guildIds: readonly string[]): Promise<void> {
    checkWritable(this.trouble);
    this.#noted.set(botId, new Set([...(this.#noted.get(botId) ?? []), ...guildIds]));
  }
}
