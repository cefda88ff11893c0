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
import { eraseTimeoutMs, withConsentStore, withStore } from '#src/session/store-access.ts';
import type { VoiceSessions } from '#src/session/voice-sessions.ts';

type PrivacyParts = Pick<
  SessionDependencies,
  'captionChoices' | 'store' | 'clock' | 'consent' | 'onEvent' | 'spending'
>;

/** What people decide about themselves: first in the channel they are in, then in the book. */
export class SessionPrivacy implements PrivacyControl {
  readonly #parts: PrivacyParts;
  readonly #sessions: Pick<VoiceSessions, 'settings' | 'sessions' | 'withdrawCalls'>;

  constructor(
    parts: PrivacyParts,
    sessions: Pick<VoiceSessions, 'settings' | 'sessions' | 'withdrawCalls'>,
  ) {
    this.#parts = parts;
    this.#sessions = sessions;
  }

  async status(guildId: string, personId: string): Promise<PrivacyStatus> {
    const [hearing, items] = await Promise.all([
      this.#hears(guildId, personId),
      withConsentStore(guildId, this.#parts, 'store.unreadable', (store) =>
        store.count(guildId, personId),
      ),
    ]);
    return items === undefined ? { kind: 'unread', hearing } : { kind: 'read', hearing, items };
  }

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
    for (const { consent } of this.#sessions.sessions(guildId)) consent.refuse(personId);
    return await this.#write(guildId, personId, { kind: 'never' });
  }

  /** Whether this person is left out of captions: heard and answered, but not written; at once, and in later sessions. */
  async leaveOut(guildId: string, personId: string, isLeftOut: boolean): Promise<SaveOutcome> {
    for (const { consent } of this.#sessions.sessions(guildId))
      consent.leaveOut(personId, isLeftOut);
    const { captionChoices } = this.#parts;
    const done = await withStore(guildId, this.#parts, 'store.unwritable', async () => {
      await captionChoices.leaveOut(guildId, personId, isLeftOut);
      return true;
    });
    return { saved: done === true };
  }

  async forget(guildId: string, personId: string): Promise<ForgetOutcome> {
    this.#sessions.withdrawCalls(guildId, personId);
    for (const { consent, context } of this.#sessions.sessions(guildId)) {
      consent.forget(personId);
      context.tracks.owned.disown(personId);
    }
    this.#parts.spending.forget(guildId, personId);
    const erase = (store: ConsentStore) => store.erase(guildId, personId);
    const parts = this.#parts;
    const total = await withConsentStore(guildId, parts, 'store.unwritable', erase, eraseTimeoutMs);
    if (total === undefined) return { kind: 'failed' };
    const copies = await withConsentStore(guildId, parts, 'store.unreadable', (store) =>
      store.hasCopies(),
    );
    const sessions = this.#sessions.sessions(guildId);
    const staysDenied = sessions.some(({ context }) => context.gate.standing(personId) === 'no');
    const found = { inCopies: copies !== false, ...(staysDenied && { staysDenied }) };
    return { kind: 'forgotten', total, ...found };
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
    await settings.load(guildId);
    const consent = recall(unasked(settings.in(guildId).consent.policy), standings);
    const person = { id: personId, hasRole: false };
    return heard(consent, person, this.#parts.clock.wallMs()) === 'yes';
  }

  async #write(guildId: string, personId: string, standing: StoredConsent): Promise<SaveOutcome> {
    const done = await withConsentStore(guildId, this.#parts, 'store.unwritable', async (store) => {
      await store.write(guildId, personId, standing);
      return true;
    });
    return { saved: done === true };
  }
}
