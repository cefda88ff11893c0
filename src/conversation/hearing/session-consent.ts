import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import { getConsent, getStanding, mayHear } from '#src/conversation/machine/selectors.ts';
import type { ConversationState, Participant } from '#src/conversation/machine/state.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Consent, ConsentState, Standing } from '#src/people/consent.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import type { ConsentPolicySettings } from '#src/settings/setting-definition.ts';

/** Sources of who is heard in one session. */
type SessionConsentOptions = {
  /** Rules as they are set. */
  readonly getRules: () => ConsentPolicySettings;
  /** Whether the server lets this person use the bot, over anything they agreed to. */
  readonly isAdmitted: (personId: PersonId) => boolean;
  /** What the people of the server said. */
  readonly choices: GuildChoices;
  /** Whether the settings of the server were read. */
  readonly isRead: () => boolean;
  /** The conversation, which owns who is heard. */
  readonly loop: () => Pick<ConversationLoop, 'post' | 'state' | 'syncConsents' | 'syncPeople'>;
};

/** What was said for one session alone. */
export type SessionAnswers = {
  readonly agreedIds: readonly PersonId[];
  readonly isPaused: boolean;
};

/** Who is heard in one session, as its conversation decides. A change counts from the next packet. */
export class SessionConsent {
  readonly withdrawals = new ConsentWithdrawals();
  readonly #options;
  #listener: (() => void) | undefined;
  #keeper: (() => void) | undefined;

  constructor(options: SessionConsentOptions) {
    this.#options = options;
  }

  /** What was said for this session alone. A no outlives it, and is not in it. */
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

  /** False while settings or consents could not be read: then only people who press Hear me now are heard. */
  get isRead(): boolean {
    return this.#state.consent.isRead;
  }

  /** This person called the bot in, for this session. */
  addCaller(personId: PersonId): void {
    this.#options.loop().post({ kind: 'answered-consent', by: personId, answer: 'called' });
    this.refresh();
  }

  /** Whether what this person says may be written: heard, and not left out as far as is known. */
  canWrite(personId: PersonId): boolean {
    return this.mayHear(personId) && !this.isLeftOut(personId);
  }

  /**
   * Whether this person is left out, as everybody is until the choices are read: a model is shown nothing of them but for
   * their own questions.
   */
  isLeftOut(personId: PersonId): boolean {
    return this.#options.choices.isLeftOut(personId) !== false;
  }

  /** This person's consent, apart from a pause; whom the server does not let use the bot counts as a no. */
  getConsent(personId: PersonId): Consent {
    return this.isAdmitted(personId) ? getConsent(this.#state, personId) : 'no';
  }

  /** Whether the server lets this person use the bot: of people there as the conversation knows, of others as is set now. */
  isAdmitted(personId: PersonId): boolean {
    const person = this.#state.people.find(({ id }) => id === personId);
    return person ? person.isAdmitted : this.#options.isAdmitted(personId);
  }

  /** Something has changed that may decide who is heard. */
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

  /** Where this person stands, apart from a pause. */
  getStanding(personId: PersonId): Standing {
    return this.isAdmitted(personId) ? getStanding(this.#state, personId) : 'no';
  }

  /** Whether this person said no themselves. */
  hasSaidNo(personId: PersonId): boolean {
    return this.#state.consent.no.includes(personId);
  }

  /** Called after each change of who is heard. Replaces the former listener. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** Called after each change, beside the listener of `onChange`: keeps what people said. Replaces the former keeper. */
  onAnswered(keeper: () => void): void {
    this.#keeper = keeper;
  }

  /** What is stored about consent, for the conversation. */
  get storedConsents(): Pick<ConsentState, 'policy' | 'isRead' | 'no' | 'yes'> {
    const { choices, isRead, getRules } = this.#options;
    const { policy } = getRules();
    return { policy, isRead: isRead() && choices.isRead, ...choices.answers };
  }

  /** Whether a person may use the bot, and has the role of the policy in force, for the conversation. */
  getRights({ id, roleIds }: ChannelMember): Pick<Participant, 'hasRole' | 'isAdmitted'> {
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

/** One signal per person, aborted by their no: whatever is being made of their words ends with it. */
class ConsentWithdrawals {
  readonly #open = new Map<string, AbortController>();

  /** Not aborted yet; a new one after each no. */
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

/** Packets of a person who is not heard, 5 s of sound, after which they are told. */
const minUnheardPackets = 250;
/** People of one session whom it remembers to have told; further ones are not told. */
const maxRememberedPeople = 1_000;

type UndecidedDeps = {
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly findPerson: (personId: PersonId) => ChannelMember | undefined;
  readonly signal: AbortSignal;
};

/**
 * People of a session who have said neither yes nor no. One who talks without being heard reads once how to be heard; one who came and
 * is heard by the rules of the server reads that once. It never tells a bot, nor a person who said no, is blocked, or is left out of
 * captions.
 */
export class UndecidedPeople {
  readonly #deps;
  /** Packets of people who are not heard. */
  readonly #packetCounts = new Map<string, number>();
  /** People who talked without being heard, and were told. */
  readonly #notified: Set<PersonId>;
  /** People who know by the greeting, or were told, that they are heard unasked; undefined before the first look. */
  #noticed: Set<string> | undefined;

  /** `former`: the same of the session that this one goes on from; nobody is told twice. */
  constructor(deps: UndecidedDeps, former: UndecidedPeople | undefined) {
    this.#deps = deps;
    this.#notified = former ? former.#notified : new Set();
    this.#noticed = former ? former.#noticed : undefined;
  }

  /** Looks who is there: forgets packets of others, and tells who came and is heard unasked. */
  updatePresence(people: readonly ChannelMember[]): void {
    const ids = new Set(people.map(({ id }) => id));
    for (const id of this.#packetCounts.keys()) if (!ids.has(id)) this.#packetCounts.delete(id);
    this.#noticed ??= ids;
    const { consent, notices, signal } = this.#deps;
    for (const { id } of people) {
      if (this.#noticed.has(id) || this.#noticed.size >= maxRememberedPeople) continue;
      if (consent.getConsent(id) !== 'policy') continue;
      this.#noticed.add(id);
      notices.notifyPerson(id, [{ id: 'consent.policy' }], signal);
    }
  }

  /** Forgets this person, as if they had never been here. */
  forgetPerson(personId: PersonId): void {
    this.#packetCounts.delete(personId);
    this.#notified.delete(personId);
    this.#noticed?.delete(personId);
  }

  /** Handles a packet of a person who is not heard. Throws nothing of its own. */
  onUnheardPacket(speakerId: PersonId): void {
    if (this.#notified.has(speakerId) || this.#notified.size >= maxRememberedPeople) return;
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

  /** Whether this person may still answer, as far as the stores have told: a stored no may not be known yet. */
  #isUndecided({ id, isBot }: ChannelMember): boolean {
    const { consent } = this.#deps;
    const isUndecided = consent.getStanding(id) === 'unasked' && !consent.isLeftOut(id);
    return consent.isRead && !isBot && isUndecided;
  }
}
