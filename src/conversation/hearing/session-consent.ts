import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  getConsent,
  getStanding,
  mayHear,
} from '#src/conversation/machine/selectors.ts';
import type { Participant } from '#src/conversation/machine/state.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { Consent, ConsentState, Standing } from '#src/people/consent.ts';
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

  /** Returns people who agreed for this session alone, and whether hearing is paused. */
  get answers(): SessionAnswers {
    // A no outlives the session.
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

  /** Returns whether stored consents are loaded. Until then, only a press of Hear me counts. */
  get isLoaded(): boolean {
    return this.#state.consent.isLoaded;
  }

  addCaller(personId: PersonId) {
    this.#options
      .loop()
      .post({ kind: 'answered-consent', by: personId, answer: 'called' });
    this.refresh();
  }

  canWrite(personId: PersonId): boolean {
    return this.mayHear(personId) && !this.isLeftOut(personId);
  }

  /** Returns whether a person is left out of captions and prompts. */
  isLeftOut(personId: PersonId): boolean {
    // Until the choices are read, everybody is.
    return this.#options.choices.isLeftOut(personId) !== false;
  }

  /** Gets the consent of a person, whether or not hearing is paused. Barred people have a no. */
  getConsent(personId: PersonId): Consent {
    return this.isAdmitted(personId) ? getConsent(this.#state, personId) : 'no';
  }

  isAdmitted(personId: PersonId): boolean {
    // The conversation knows of participants. Settings decide about others.
    const person = this.#state.people.find(({ id }) => id === personId);
    return person ? person.isAdmitted : this.#options.isAdmitted(personId);
  }

  refresh() {
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

  onChange(listener: () => void) {
    this.#listener = listener;
  }

  onAnswered(keeper: () => void) {
    this.#keeper = keeper;
  }

  get storedConsents(): Pick<ConsentState, 'policy' | 'isLoaded' | 'no' | 'yes'> {
    const { choices, isLoaded, getRules } = this.#options;
    const { policy } = getRules();
    return { policy, isLoaded: isLoaded() && choices.isLoaded, ...choices.answers };
  }

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

  get #state() {
    return this.#options.loop().state;
  }
}

/** A no aborts the signal of its person, and so ends everything that is made of their words. */
class ConsentWithdrawals {
  readonly #open = new Map<string, AbortController>();

  getSignal(personId: PersonId) {
    const open = this.#open.get(personId) ?? new AbortController();
    this.#open.set(personId, open);
    return open.signal;
  }

  withdrawPerson(personId: PersonId) {
    this.#open.get(personId)?.abort(new Error('the person withdrew their consent'));
    this.#open.delete(personId);
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

/** Tells undecided people once how they are heard. */
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

  updatePresence(people: readonly ChannelMember[]) {
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

  forgetPerson(personId: PersonId) {
    this.#packetCounts.delete(personId);
    this.#notified.delete(personId);
    this.#noticed?.delete(personId);
  }

  /** Counts an unheard person's packet. After enough packets, asks for consent. Never throws. */
  onUnheardPacket(speakerId: PersonId) {
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

  #isUndecided({ id, isBot }: ChannelMember) {
    const { consent } = this.#deps;
    const isUndecided = consent.getStanding(id) === 'unasked' && !consent.isLeftOut(id);
    return consent.isLoaded && !isBot && isUndecided;
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
  settings: StoredSettings,
): (personId: PersonId) => boolean {
  return (id) => {
    const rules = settings.getForGuild(guildId);
    if (rules.blockedIds.length + rules.userRoleIds.length === 0) return true;
    const roleIds = people().find((person) => person.id === id)?.roleIds ?? [];
    const mayManage = places.mayManage(guildId, id);
    return judgeAccess(rules, { id, roleIds, mayManage }) === 'open';
  };
}
