import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  getConsent,
  getStanding,
  mayHear,
} from '#src/conversation/machine/selectors.ts';
import type {
  ConversationState,
  Participant,
} from '#src/conversation/machine/state.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Consent, ConsentState, Standing } from '#src/people/consent.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { ConsentPolicySettings } from '#src/settings/setting-definition.ts';

type SessionConsentOptions = {
  readonly getRules: () => ConsentPolicySettings;
  /** Whether the server lets this person use the bot, whatever they agreed to. */
  readonly isAdmitted: (personId: PersonId) => boolean;
  readonly choices: GuildChoices;
  readonly isRead: () => boolean;
  readonly loop: () => Pick<
    ConversationLoop,
    'post' | 'state' | 'syncConsents' | 'syncPeople'
  >;
};

export type SessionAnswers = {
  readonly agreedIds: readonly PersonId[];
  readonly isPaused: boolean;
};

/** Consent in one session. The conversation decides, and a change counts from the next packet. */
export class SessionConsent {
  readonly withdrawals = new ConsentWithdrawals();
  readonly #options;
  #listener: (() => void) | undefined;
  #keeper: (() => void) | undefined;

  constructor(options: SessionConsentOptions) {
    this.#options = options;
  }

  /** Answers for this session alone. A no outlives the session, and is not among them. */
  get answers(): SessionAnswers {
    const { callers, isPaused } = this.#state.consent;
    return { agreedIds: callers.filter((id) => !this.hasSaidNo(id)), isPaused };
  }

  get isPaused(): boolean {
    return this.#state.consent.isPaused;
  }

  set isPaused(isPaused: boolean) {
    this.#options.loop().post({ kind: 'paused-hearing', isPaused });
    this.refresh();
  }

  /** False while settings or consents cannot be read. Then only a press of Hear me counts. */
  get isRead(): boolean {
    return this.#state.consent.isRead;
  }

  addCaller(personId: PersonId): void {
    this.#options
      .loop()
      .post({ kind: 'answered-consent', by: personId, answer: 'called' });
    this.refresh();
  }

  /** Whether words of this person may be written: heard, and not left out of captions. */
  canWrite(personId: PersonId): boolean {
    return this.mayHear(personId) && !this.isLeftOut(personId);
  }

  /** Whether this person is left out of captions, and so of prompts. */
  isLeftOut(personId: PersonId): boolean {
    // Until the choices are read, everybody is.
    return this.#options.choices.isLeftOut(personId) !== false;
  }

  /** Consent of a person, apart from a pause of hearing. `no` for barred people. */
  getConsent(personId: PersonId): Consent {
    return this.isAdmitted(personId) ? getConsent(this.#state, personId) : 'no';
  }

  isAdmitted(personId: PersonId): boolean {
    // The conversation knows of participants. Settings decide about others.
    const person = this.#state.people.find(({ id }) => id === personId);
    return person ? person.isAdmitted : this.#options.isAdmitted(personId);
  }

  refresh(): void {
    const loop = this.#options.loop();
    loop.syncPeople();
    loop.syncConsents();
    this.#listener?.();
    this.#keeper?.();
  }

  mayHear(personId: PersonId): boolean {
    return this.isAdmitted(personId) && mayHear(this.#state, personId);
  }

  getStanding(personId: PersonId): Standing {
    return this.isAdmitted(personId) ? getStanding(this.#state, personId) : 'no';
  }

  hasSaidNo(personId: PersonId): boolean {
    return this.#state.consent.no.includes(personId);
  }

  /** Called after each change of consent. Replaces the former listener. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** Called after each change, to store the answers. Replaces the former listener. */
  onAnswered(keeper: () => void): void {
    this.#keeper = keeper;
  }

  get storedConsents(): Pick<ConsentState, 'policy' | 'isRead' | 'no' | 'yes'> {
    const { choices, isRead, getRules } = this.#options;
    const { policy } = getRules();
    return { policy, isRead: isRead() && choices.isRead, ...choices.answers };
  }

  getRights({
    id,
    roleIds,
  }: ChannelMember): Pick<Participant, 'hasRole' | 'isAdmitted'> {
    const { isAdmitted, getRules } = this.#options;
    const { roleId } = getRules();
    return {
      isAdmitted: isAdmitted(id),
      hasRole: roleId !== undefined && roleIds.includes(roleId),
    };
  }

  get #state(): ConversationState {
    return this.#options.loop().state;
  }
}

/** One signal for each person. A no aborts it, and so ends everything that is made of that person's words. */
class ConsentWithdrawals {
  readonly #open = new Map<string, AbortController>();

  getSignal(personId: PersonId): AbortSignal {
    const open = this.#open.get(personId) ?? new AbortController();
    this.#open.set(personId, open);
    return open.signal;
  }

  withdrawPerson(personId: PersonId): void {
    this.#open.get(personId)?.abort(new Error('the person withdrew their consent'));
    this.#open.delete(personId);
  }
}

/** Packets of an unheard person after which they are told: 5 s of sound. */
const minUnheardPackets = 250;
/** Most people that one session tells and remembers. */
const maxRememberedPeople = 1_000;

type UndecidedDeps = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly findPerson: (personId: PersonId) => ChannelMember | undefined;
  readonly signal: AbortSignal;
};

/**
 * Tells undecided people of a session how they are heard.
 *
 * Unheard people read once how to be heard, after they talked. People that the rules of the server let be heard read that once, after
 * they came. Bots and people with a no, a block or no captions are never told.
 */
export class UndecidedPeople {
  readonly #deps;
  readonly #packetCounts = new Map<string, number>();
  readonly #notified: Set<PersonId>;
  #noticed: Set<string> | undefined;

  constructor(deps: UndecidedDeps, former: UndecidedPeople | undefined) {
    this.#deps = deps;
    this.#notified = former ? former.#notified : new Set();
    this.#noticed = former ? former.#noticed : undefined;
  }

  /** Forgets packets of leavers, and tells newcomers that they are heard unasked. */
  updatePresence(people: readonly ChannelMember[]): void {
    const ids = new Set(people.map(({ id }) => id));
    for (const id of this.#packetCounts.keys())
      if (!ids.has(id)) this.#packetCounts.delete(id);
    this.#noticed ??= ids;
    const { consent, notices, signal } = this.#deps;
    for (const { id } of people) {
      if (this.#noticed.has(id) || this.#noticed.size >= maxRememberedPeople) continue;
      if (consent.getConsent(id) !== 'policy') continue;
      this.#noticed.add(id);
      notices.notifyPerson(id, [{ id: 'consent.policy' }], signal);
    }
  }

  forgetPerson(personId: PersonId): void {
    this.#packetCounts.delete(personId);
    this.#notified.delete(personId);
    this.#noticed?.delete(personId);
  }

  /** Counts a packet of an unheard person. Never throws. */
  onUnheardPacket(speakerId: PersonId): void {
    if (this.#notified.has(speakerId) || this.#notified.size >= maxRememberedPeople)
      return;
    const { consent, findPerson, notices, signal } = this.#deps;
    const person = findPerson(speakerId);
    if (!person || consent.isPaused || !this.#isUndecided(person)) return;
    const count = (this.#packetCounts.get(speakerId) ?? 0) + 1;
    this.#packetCounts.set(speakerId, count);
    if (count < minUnheardPackets) return;
    this.#packetCounts.delete(speakerId);
    this.#notified.add(speakerId);
    notices.notifyPerson(speakerId, [{ id: 'consent.unasked' }], signal);
  }

  /** Whether this person may still answer. A stored no may not be known yet. */
  #isUndecided({ id, isBot }: ChannelMember) {
    const { consent } = this.#deps;
    const isUndecided = consent.getStanding(id) === 'unasked' && !consent.isLeftOut(id);
    return consent.isRead && !isBot && isUndecided;
  }
}
