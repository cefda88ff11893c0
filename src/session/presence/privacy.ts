import type { Public } from '#src/base/public.ts';
import { endOfDay } from '#src/base/zoned-time.ts';
import type { CaptionChoiceStore } from '#src/people/caption-choice.ts';
import {
  agreeAlways,
  agreeToday,
  heard,
  recall,
  type SessionConsents,
  unasked,
} from '#src/people/consent.ts';
import type { ConsentStore, StoredConsent } from '#src/people/consent-store.ts';
import type { CopiesOutcome, StoreCopies } from '#src/people/store-copies.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type {
  ExportOutcome,
  ForgetOutcome,
  PrivacyStatus,
  SaveOutcome,
} from '#src/session/ports/command-ports.ts';
import type { SeatStore } from '#src/session/ports/stores/seat-store.ts';
import type { ReminderClock } from '#src/session/reminders/reminder-clock.ts';
import { eraseTimeoutMs, withConsentStore, withStore } from '#src/session/store-access.ts';
import type { TranscriptCleanup } from '#src/session/transcripts/transcript-cleanup.ts';
import { TranscriptLookup } from '#src/session/transcripts/transcript-lookup.ts';
import { TranscriptRecords } from '#src/session/transcripts/transcript-records.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';

/** Stores of what people have said or set, beside the consent store. */
type PersonStores = {
  readonly captionChoices: CaptionChoiceStore;
  readonly copies: StoreCopies;
  readonly reminders: Public<ReminderClock>;
  readonly seats: SeatStore;
};

/** Privacy choices of people: applied in the channel they are in first, then in the consent store. */
export class SessionPrivacy {
  readonly #stores: PersonStores;
  readonly #parts: SessionDependencies;
  readonly #sessions: VoiceSessions;
  readonly #transcripts: TranscriptRecords;
  readonly #lookup: TranscriptLookup;

  constructor(
    parts: SessionDependencies,
    sessions: VoiceSessions,
    cleanup: TranscriptCleanup,
    stores: PersonStores,
  ) {
    this.#stores = stores;
    this.#parts = parts;
    this.#sessions = sessions;
    this.#transcripts = new TranscriptRecords(parts, cleanup);
    this.#lookup = new TranscriptLookup(parts, sessions);
  }

  async status(guildId: string, personId: string): Promise<PrivacyStatus> {
    const [hearing, settings, said] = await Promise.all([
      this.#hears(guildId, personId),
      withConsentStore(guildId, this.#parts, 'store.unreadable', (store) =>
        store.count(guildId, personId),
      ),
      this.#transcripts.count(guildId, personId),
    ]);
    if (settings === undefined || !said) return { kind: 'unread', hearing };
    const isBlocked = await this.#isBlocked(guildId, personId);
    return { kind: 'read', hearing, settings, ...said, ...(isBlocked && { isBlocked }) };
  }

  /** Works from the next packet on, saved or not. */
  async allow(
    guildId: string,
    personId: string,
    howLong: 'always' | 'today',
  ): Promise<SaveOutcome> {
    const agree = (step: (consent: SessionConsents) => SessionConsents) => {
      for (const { context } of this.#sessions.sessions(guildId)) context.gate.change(step);
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
    this.#sessions.withdrawCalls(guildId, personId);
    const sessions = this.#sessions.sessions(guildId);
    const sessionIds = sessions.flatMap(
      ({ context }) => context.captions.recorder?.session.id ?? [],
    );
    for (const { consent } of sessions) consent.refuse(personId);
    for (const sessionId of sessionIds) {
      await this.#transcripts.forget(guildId, personId, sessionId);
    }
    await withStore(guildId, this.#parts, 'store.unwritable', () =>
      this.#stores.seats.withdraw(guildId, personId),
    );
    await withStore(guildId, this.#parts, 'store.unwritable', () =>
      this.#stores.reminders.withdraw(guildId, personId),
    );
    const outcome = await this.#write(guildId, personId, { kind: 'never' });
    if (!outcome.saved) for (const { consent } of sessions) consent.unsaved(personId);
    return outcome;
  }

  /** Whether this person is left out of captions: heard and answered, but not written; at once, and in later sessions. */
  async leaveOut(guildId: string, personId: string, isLeftOut: boolean): Promise<SaveOutcome> {
    for (const { consent } of this.#sessions.sessions(guildId))
      consent.leaveOut(personId, isLeftOut);
    const done = await withStore(guildId, this.#parts, 'store.unwritable', async () => {
      await this.#stores.captionChoices.leaveOut(guildId, personId, isLeftOut);
      return true;
    });
    return { saved: done === true };
  }

  /** Deletes everything about the person in this server; afterwards they count as new. */
  async forget(guildId: string, personId: string): Promise<ForgetOutcome> {
    this.#sessions.withdrawCalls(guildId, personId);
    for (const session of this.#sessions.sessions(guildId)) {
      const { consent, context } = session;
      consent.forget(personId);
      if (session.followedId === personId) session.followedId = undefined;
      context.tracks.owned.disown(personId);
    }
    this.#parts.spending.forget(guildId, personId);
    this.#parts.memories.forget(guildId, personId);
    this.#parts.peopleSettings.forget(guildId, personId);
    this.#stores.reminders.forget(guildId, personId);
    await this.#sessions.seatSettled(guildId);
    // Noted before anything is erased: what a process that is killed meanwhile leaves in copies, the next one finds by it.
    await this.#forgetInCopies(guildId, personId);
    const erase = (store: ConsentStore) => store.erase(guildId, personId);
    const parts = this.#parts;
    const [total, said] = await Promise.all([
      withConsentStore(guildId, parts, 'store.unwritable', erase, eraseTimeoutMs),
      this.#transcripts.forget(guildId, personId),
    ]);
    // also what was read meanwhile
    this.#parts.memories.forget(guildId, personId);
    this.#parts.peopleSettings.forget(guildId, personId);
    this.#stores.reminders.forget(guildId, personId);
    if (total === undefined || !said) return { kind: 'failed' };
    const copies = (await this.#forgetInCopies(guildId, personId)) ?? { kind: 'kept' };
    const sessions = this.#sessions.sessions(guildId);
    const staysDenied = sessions.some(({ context }) => context.gate.saidNo(personId));
    const found = {
      copies,
      ...(staysDenied && { staysDenied }),
      ...((await this.#isBlocked(guildId, personId)) && { staysBlocked: true as const }),
    };
    const { count, toChange } = said;
    return { kind: 'forgotten', total: total + count, toChange, ...found };
  }

  /** Everything that is kept about the person in this server, as JSON. */
  async export(guildId: string, personId: string): Promise<ExportOutcome> {
    const audience = await this.#lookup.audience(guildId, [personId]);
    const said = audience && (await this.#transcripts.export(guildId, personId, audience));
    const standings = await withConsentStore(guildId, this.#parts, 'store.unreadable', (store) =>
      store.read(guildId),
    );
    const settings = await this.#parts.peopleSettings.load(guildId, personId);
    const reminders = await withStore(guildId, this.#parts, 'store.unreadable', () =>
      this.#stores.reminders.list(guildId, personId),
    );
    const tables = await withConsentStore(guildId, this.#parts, 'store.unreadable', (store) =>
      store.rowsAbout(guildId, personId),
    );
    if (!said || !standings || !settings || !reminders || !tables) return { kind: 'failed' };
    const consent = standings.get(personId);
    const isSet = Object.keys(settings).length > 0;
    const isBlocked = await this.#isBlocked(guildId, personId);
    const own = {
      ...(consent && { consent }),
      ...(isSet && { settings }),
      ...(isBlocked && { isBlocked }),
    };
    const all = { guildId, personId, ...own, ...said, reminders, tables };
    return { kind: 'exported', json: JSON.stringify(all, undefined, 2) };
  }

  /** Where the bot sits nowhere, by what was said for good; roles are only known in a channel. */
  async #hears(guildId: string, personId: string): Promise<boolean> {
    const gate = this.#sessions.sessions(guildId).at(-1)?.context.gate;
    if (gate) return gate.mayHear(personId);
    const standings = await withConsentStore(guildId, this.#parts, 'store.unreadable', (store) =>
      store.read(guildId),
    );
    if (!standings) return false;
    const { settings } = this.#sessions;
    if (await this.#isBlocked(guildId, personId)) return false;
    const consent = recall(unasked(settings.in(guildId).consent.policy), standings);
    const person = { id: personId, hasRole: false };
    return heard(consent, person, this.#parts.clock.wallMs()) === 'yes';
  }

  /** Undefined where that failed or takes too long. */
  #forgetInCopies(guildId: string, personId: string): Promise<CopiesOutcome | undefined> {
    const erase = () => this.#stores.copies.forget(guildId, personId);
    return withStore(guildId, this.#parts, 'store.unwritable', erase, eraseTimeoutMs);
  }

  /** Whether this person is on the list of the server, from which no person can remove themselves. */
  async #isBlocked(guildId: string, personId: string): Promise<boolean> {
    const { settings } = this.#sessions;
    await settings.load(guildId);
    return settings.in(guildId).blockedIds.includes(personId);
  }

  async #write(guildId: string, personId: string, standing: StoredConsent): Promise<SaveOutcome> {
    const done = await withConsentStore(guildId, this.#parts, 'store.unwritable', async (store) => {
      await store.write(guildId, personId, standing);
      return true;
    });
    return { saved: done === true };
  }
}
