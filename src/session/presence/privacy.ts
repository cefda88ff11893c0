import {
  agreeAlways,
  agreeToday,
  heard,
  recall,
  type SessionConsents,
  unasked,
} from '#src/people/consent.ts';
import type { ConsentStore, StoredConsent } from '#src/people/consent-book.ts';
import { endOfDay } from '#src/people/day.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type {
  ForgetOutcome,
  PrivacyControl,
  PrivacyStatus,
  SaveOutcome,
} from '#src/session/ports/command-ports.ts';
import { eraseTimeoutMs, withConsentStore } from '#src/session/store-access.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';

type PrivacyParts = Pick<
  SessionDependencies,
  'book' | 'clock' | 'consent' | 'onEvent' | 'spending'
>;

/** What people decide about themselves: first in the room they are in, then in the book. */
export class SessionPrivacy implements PrivacyControl {
  readonly #parts: PrivacyParts;
  readonly #rooms: Pick<VoiceSessions, 'settings' | 'stays' | 'withdrawCalls'>;

  constructor(
    parts: PrivacyParts,
    rooms: Pick<VoiceSessions, 'settings' | 'stays' | 'withdrawCalls'>,
  ) {
    this.#parts = parts;
    this.#rooms = rooms;
  }

  async status(guildId: string, personId: string): Promise<PrivacyStatus> {
    const [hearing, counts] = await Promise.all([
      this.#hears(guildId, personId),
      withConsentStore(guildId, this.#parts, 'store.unreadable', (book) =>
        book.count(guildId, personId),
      ),
    ]);
    return counts ? { kind: 'read', hearing, ...counts } : { kind: 'unread', hearing };
  }

  async allow(
    guildId: string,
    personId: string,
    howLong: 'always' | 'today',
  ): Promise<SaveOutcome> {
    const agree = (step: (consent: SessionConsents) => SessionConsents) => {
      for (const { context: room } of this.#rooms.stays(guildId)) room.gate.change(step);
    };
    if (howLong === 'always') {
      agree((consent) => agreeAlways(consent, personId));
      return await this.#write(guildId, personId, { kind: 'always' });
    }
    const wallMs = endOfDay(this.#parts.clock.wallMs());
    agree((consent) => agreeToday(consent, personId, wallMs));
    return await this.#write(guildId, personId, { kind: 'until', wallMs });
  }

  async deny(guildId: string, personId: string): Promise<SaveOutcome> {
    this.#rooms.withdrawCalls(guildId, personId);
    for (const { consent: accord } of this.#rooms.stays(guildId)) accord.refuse(personId);
    return await this.#write(guildId, personId, { kind: 'never' });
  }

  async forget(guildId: string, personId: string): Promise<ForgetOutcome> {
    this.#rooms.withdrawCalls(guildId, personId);
    for (const { consent: accord, context: room } of this.#rooms.stays(guildId)) {
      accord.forget(personId);
      room.tracks.deck.disown(personId);
    }
    this.#parts.spending.forget(guildId, personId);
    const erase = (book: ConsentStore) => book.erase(guildId, personId);
    const parts = this.#parts;
    const total = await withConsentStore(guildId, parts, 'store.unwritable', erase, eraseTimeoutMs);
    if (total === undefined) return { kind: 'failed' };
    const copies = await withConsentStore(guildId, parts, 'store.unreadable', (book) =>
      book.hasCopies(),
    );
    const stays = this.#rooms.stays(guildId);
    const staysDenied = stays.some(({ context: room }) => room.gate.standing(personId) === 'no');
    const found = { inCopies: copies !== false, ...(staysDenied && { staysDenied }) };
    return { kind: 'forgotten', total, ...found };
  }

  /** Where the bot sits nowhere, by what was said for good; roles are only known in a room. */
  async #hears(guildId: string, personId: string): Promise<boolean> {
    const gate = this.#rooms.stays(guildId).at(-1)?.context.gate;
    if (gate) return gate.mayHear(personId);
    const standings = await withConsentStore(guildId, this.#parts, 'store.unreadable', (book) =>
      book.read(guildId),
    );
    if (!standings) return false;
    const { settings } = this.#rooms;
    await settings.load(guildId);
    const consent = recall(unasked(settings.in(guildId).consent.policy), standings);
    const person = { id: personId, hasRole: false };
    return heard(consent, person, this.#parts.clock.wallMs()) === 'yes';
  }

  async #write(guildId: string, personId: string, standing: StoredConsent): Promise<SaveOutcome> {
    const done = await withConsentStore(guildId, this.#parts, 'store.unwritable', async (book) => {
      await book.write(guildId, personId, standing);
      return true;
    });
    return { saved: done === true };
  }
}
