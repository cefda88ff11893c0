import type { GuildId, PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  getConsent,
  getStanding,
  mayHear,
} from '#src/conversation/machine/selectors.ts';
import type { Participant } from '#src/conversation/machine/state.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Consent, Standing, StoredConsents } from '#src/people/consent.ts';
import { judgeAccess } from '#src/people/rights.ts';
import type { Places } from '#src/ports/command-ports.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { ConsentPolicySettings } from '#src/settings/setting-definition.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';

type SessionConsentOptions = {
  readonly getRules: () => ConsentPolicySettings;
  readonly isAdmitted: (personId: PersonId) => boolean;
  readonly choices: GuildChoices;
  readonly isLoaded: () => boolean;
  readonly loop: () => Pick<
    ConversationLoop,
    'post' | 'state' | 'syncConsents' | 'syncPeople'
  >;
};

/** Answers that are stored with a seat, so that they hold after a restart. */
export type SessionAnswers = {
  readonly agreedIds: readonly PersonId[];
  readonly isPaused: boolean;
};

/** Keeps consent in one session. The conversation decides, and a change counts from the next packet. */
export class SessionConsent {
  /** Signals that end work on words of people that withdraw. */
  readonly withdrawals: Withdrawals = new Withdrawals();
  readonly #options: SessionConsentOptions;
  #changeListener: (() => void) | undefined;
  #answerListener: (() => void) | undefined;

  constructor(options: SessionConsentOptions) {
    this.#options = options;
  }

  /** Answers for a seat or a session that follows. */
  get answers(): SessionAnswers {
    // A no outlives the session.
    const { callers, isPaused } = this.#presence.consent;
    return { agreedIds: callers.filter((id) => !this.hasSaidNo(id)), isPaused };
  }

  /** True while hearing is paused for everybody. A change counts from the next packet. */
  get isPaused(): boolean {
    return this.#presence.consent.isPaused;
  }

  /** Pauses or resumes hearing, and tells the listeners. */
  set isPaused(isPaused: boolean) {
    this.#options.loop().post({ kind: 'paused-hearing', isPaused });
    this.syncConversation();
  }

  /** Returns whether stored consents are loaded. Until then, only a press of Hear me counts. */
  get isLoaded(): boolean {
    return this.#presence.consent.isLoaded;
  }

  /** Stored answers of the server's people, and its policy. */
  get storedConsents(): StoredConsents {
    const { choices, isLoaded, getRules } = this.#options;
    const { policy } = getRules();
    return { policy, isLoaded: isLoaded() && choices.isLoaded, ...choices.answers };
  }

  /** Counts a person's own call of the bot as a yes for this session, unless the person said no. */
  addCaller(personId: PersonId): void {
    const answer = {
      kind: 'answered-consent',
      by: personId,
      answer: 'called',
    } as const;
    this.#options.loop().post(answer);
    this.syncConversation();
  }

  /** Tests whether a person is heard now, and so whether a packet may be decrypted. */
  mayHear(personId: PersonId): boolean {
    return this.isAdmitted(personId) && mayHear(this.#presence, personId);
  }

  /** Tests whether a person's words may be written down: heard now, and not left out. */
  canWrite(personId: PersonId): boolean {
    return this.mayHear(personId) && !this.isLeftOut(personId);
  }

  /** Returns whether a person is left out of captions and prompts. */
  isLeftOut(personId: PersonId): boolean {
    // Until the choices are read, everybody is.
    return this.#options.choices.isLeftOut(personId) !== false;
  }

  /** Tests whether a person may use the bot, by the server's roles and blocked people. */
  isAdmitted(personId: PersonId): boolean {
    // The conversation knows of participants. Settings decide about others.
    const person = this.#presence.people.find(({ id }) => id === personId);
    return person ? person.isAdmitted : this.#options.isAdmitted(personId);
  }

  /** Tests whether a person has said no, and nothing else since. */
  hasSaidNo(personId: PersonId): boolean {
    return this.#presence.consent.no.includes(personId);
  }

  /** Gets the consent of a person, whether or not hearing is paused. Barred people have a no. */
  getConsent(personId: PersonId): Consent {
    return this.isAdmitted(personId) ? getConsent(this.#presence, personId) : 'no';
  }

  /** Gets a person's standing as a yes, a no or no answer yet. Barred people have a no. */
  getStanding(personId: PersonId): Standing {
    return this.isAdmitted(personId) ? getStanding(this.#presence, personId) : 'no';
  }

  /** Gets the facts about a member on which consent depends, by the settings of now. */
  getRights({
    id,
    roleIds,
  }: ChannelMember): Pick<Participant, 'hasRole' | 'isAdmitted'> {
    const { roleId } = this.#options.getRules();
    return {
      isAdmitted: this.#options.isAdmitted(id),
      hasRole: roleId !== undefined && roleIds.includes(roleId),
    };
  }

  /** Tells the conversation of changed people and consents, and then the listeners. */
  syncConversation(): void {
    const loop = this.#options.loop();
    loop.syncPeople();
    loop.syncConsents();
    this.#changeListener?.();
    this.#answerListener?.();
  }

  /** Sets the listener for changes, in place of the former one. */
  onChange(listener: () => void): void {
    this.#changeListener = listener;
  }

  /** Sets a second listener for changes, called after the first, in place of the former one. */
  onAnswered(listener: () => void): void {
    this.#answerListener = listener;
  }

  get #presence() {
    return this.#options.loop().state.presence;
  }
}

/** Signals of people, each aborted by a no of its person. */
class Withdrawals {
  readonly #controllers = new Map<PersonId, AbortController>();

  /** Gets the signal that aborts when this person withdraws consent. */
  getSignal(personId: PersonId): AbortSignal {
    const controller = this.#controllers.get(personId) ?? new AbortController();
    this.#controllers.set(personId, controller);
    return controller.signal;
  }

  /** Aborts the person's signal. Later calls of `getSignal` return a new one. */
  withdrawPerson(personId: PersonId): void {
    this.#controllers
      .get(personId)
      ?.abort(new Error('the person withdrew their consent'));
    this.#controllers.delete(personId);
  }
}

/** Packets that an unheard person sends before the bot tells them: 5 s of sound. */
const minUnheardPackets = 250;
const maxRememberedPeople = 1_000;

type UndecidedDeps = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly findPerson: (personId: PersonId) => ChannelMember | undefined;
  readonly signal: AbortSignal;
};

/** People that were told how they are heard. Sessions that follow each other share both sets. */
type InformedPeople = {
  readonly askedIds: Set<PersonId>;
  /** People that were there at first or came later. Undefined before the first presence. */
  arrivedIds: Set<PersonId> | undefined;
};

/** Tells undecided people once how they are heard. */
export class UndecidedPeople {
  readonly #deps: UndecidedDeps;
  readonly #packetCounts = new Map<PersonId, number>();
  readonly #informed: InformedPeople;

  /** `predecessor` belongs to the session that this one continues, which has told people already. */
  constructor(deps: UndecidedDeps, predecessor: UndecidedPeople | undefined) {
    this.#deps = deps;
    this.#informed = predecessor
      ? { ...predecessor.#informed }
      : { askedIds: new Set(), arrivedIds: undefined };
  }

  /** Tells people that arrive how the server's policy lets the bot hear them. */
  updatePresence(people: readonly ChannelMember[]): void {
    const ids = new Set(people.map(({ id }) => id));
    for (const id of this.#packetCounts.keys())
      if (!ids.has(id)) this.#packetCounts.delete(id);
    this.#informed.arrivedIds ??= ids;
    for (const id of ids) this.#notifyArrival(id, this.#informed.arrivedIds);
  }

  /** Forgets that a person was told, so that the person is told again. */
  forgetPerson(personId: PersonId): void {
    this.#packetCounts.delete(personId);
    this.#informed.askedIds.delete(personId);
    this.#informed.arrivedIds?.delete(personId);
  }

  /** Counts an unheard person's packet. After enough packets, asks for consent. Never throws. */
  onUnheardPacket(speakerId: PersonId): void {
    const { askedIds } = this.#informed;
    if (askedIds.has(speakerId) || askedIds.size >= maxRememberedPeople) return;
    const { consent, notices, signal } = this.#deps;
    const person = this.#deps.findPerson(speakerId);
    if (!person || consent.isPaused || !this.#isUndecided(person)) return;
    const count = (this.#packetCounts.get(speakerId) ?? 0) + 1;
    this.#packetCounts.set(speakerId, count);
    if (count < minUnheardPackets) return;
    this.#packetCounts.delete(speakerId);
    askedIds.add(speakerId);
    notices.notifyPerson(speakerId, [{ id: 'consent.unasked' }], signal);
  }

  #isUndecided({ id, isBot }: ChannelMember) {
    const { consent } = this.#deps;
    const isUndecided = consent.getStanding(id) === 'unasked' && !consent.isLeftOut(id);
    return consent.isLoaded && !isBot && isUndecided;
  }

  #notifyArrival(personId: PersonId, arrivedIds: Set<PersonId>) {
    const { consent, notices, signal } = this.#deps;
    if (arrivedIds.has(personId) || arrivedIds.size >= maxRememberedPeople) return;
    if (consent.getConsent(personId) !== 'policy') return;
    arrivedIds.add(personId);
    notices.notifyPerson(personId, [{ id: 'consent.policy' }], signal);
  }
}

/**
 * Creates a check whether a participant may use the bot, by the server's roles and
 * blocked people.
 */
export function createAdmissionCheck(
  guildId: GuildId,
  people: () => readonly ChannelMember[],
  { places }: { readonly places: Pick<Places, 'mayManage'> },
  settings: Pick<StoredSettings, 'getForGuild'>,
): (personId: PersonId) => boolean {
  return (id) => {
    const rules = settings.getForGuild(guildId);
    if (rules.blockedIds.length + rules.userRoleIds.length === 0) return true;
    const roleIds = people().find((person) => person.id === id)?.roleIds ?? [];
    const mayManage = places.mayManage(guildId, id);
    return judgeAccess(rules, { id, roleIds, mayManage }) === 'open';
  };
}
