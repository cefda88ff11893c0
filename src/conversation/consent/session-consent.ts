import type { Clock } from '#src/base/clock.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
import {
  getConsent,
  getStanding,
  mayHearPerson,
} from '#src/conversation/machine/draft.ts';
import type { Participant } from '#src/conversation/machine/state.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import {
  type Consent,
  isPolicyFor,
  type Standing,
  type StoredConsents,
} from '#src/people/consent.ts';
import type { WordsReading } from '#src/people/owned.ts';
import { judgeAccess } from '#src/people/rights.ts';
import type { Places } from '#src/ports/command-ports.ts';
import type { HearingState } from '#src/ports/talk-guide.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { GuildChoices } from '#src/settings/guild-consents.ts';
import { conversationSettings, isLooser } from '#src/settings/guild-settings.ts';
import type { ConsentPolicySettings } from '#src/settings/setting-definition.ts';
import type { StoredSettings } from '#src/settings/stored-settings.ts';
import { looserPolicyDelayMs, type ToldRules } from '#src/settings/told-people.ts';

export type SessionConsentOptions = {
  readonly channelId: ChannelId;
  readonly clock: Clock;
  readonly listPeople: () => readonly ChannelMember[];
  /** The bot has returned after a restart, during which the policy may have become looser. */
  readonly isReturned: boolean;
  readonly getRules: () => ConsentPolicySettings;
  readonly isAdmitted: (personId: PersonId) => boolean;
  readonly choices: GuildChoices;
  readonly isLoaded: () => boolean;
};

type ConsentLoop = Pick<
  ConversationLoop,
  'post' | 'state' | 'syncConsents' | 'syncPeople'
>;

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
  readonly #loop: ConsentLoop;
  #changeListener: (() => void) | undefined;
  #answerListener: (() => void) | undefined;
  #cancelNextTold: (() => void) | undefined;
  #isEnded = false;
  /** The rules that counted at the last change. Undefined until they are read. */
  #knownRules: ConsentPolicySettings | undefined;
  /** People for whom the policy became looser while they sat here. */
  #surprisedIds: ReadonlySet<PersonId> = new Set();

  constructor(options: SessionConsentOptions, loop: ConsentLoop) {
    this.#options = options;
    this.#loop = loop;
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
    this.#loop.post({ kind: 'paused-hearing', isPaused });
    this.syncConversation();
  }

  /** Returns whether stored consents are loaded. Until then, only a press of Hear me counts. */
  get isLoaded(): boolean {
    return this.#presence.consent.isLoaded;
  }

  /** Stored answers of the server's people, its policy, and the people told of the policy here. */
  get storedConsents(): StoredConsents {
    return readStoredConsents(this.#options);
  }

  /**
   * Stores that Discord has taken a line, or the channel has heard a sentence, that tells these people of the policy. The
   * policy hears them at once, or after 30 s if it became looser while they sat here.
   */
  addTold(personIds: readonly PersonId[]): void {
    const { choices, clock } = this.#options;
    const wallMs = clock.wallMs();
    // Of a person who said no, or was forgotten, while the line was on its way, nothing is stored any more.
    const toldIds = personIds.filter((id) => !this.hasSaidNo(id));
    for (const [isSurprised, ids] of Map.groupBy(toldIds, (id) => this.isSurprised(id)))
      choices.told.addPeople(
        this.#toldRules,
        ids,
        isSurprised ? wallMs + looserPolicyDelayMs : wallMs,
      );
    this.syncConversation();
  }

  /** Lists the people here whom the policy hears once they are told. */
  listUntold(): readonly ChannelMember[] {
    const { choices, listPeople } = this.#options;
    if (!this.isLoaded) return [];
    return listPeople().filter(
      ({ id, isBot }) =>
        !isBot &&
        this.getConsent(id) === 'untold' &&
        !choices.told.includes(this.#toldRules, id),
    );
  }

  /** The rules that the policy follows now, as settings store them. */
  get rulesText(): string {
    return this.#toldRules.rules;
  }

  /**
   * Ends what people were told of former rules, and those whom the policy does not hear any more, so that they are told anew
   * before it hears them again. People here whom it heard before it changed stay told.
   */
  updateTold(): void {
    const { channelId, choices, listPeople } = this.#options;
    if (!this.#areRulesLoaded) return;
    this.#updateRules();
    choices.told.keepRules(this.rulesText);
    for (const member of listPeople())
      if (!this.#isPolicyFor(member)) choices.told.removePerson(channelId, member.id);
  }

  /** Tests whether the policy became looser while a person sat here, so that it hears that person after 30 s. */
  isSurprised(personId: PersonId): boolean {
    return this.#surprisedIds.has(personId);
  }

  /** Counts a person's own call of the bot as a yes for this session, unless the person said no. */
  addCaller(personId: PersonId): void {
    const answer = {
      kind: 'answered-consent',
      by: personId,
      answer: 'called',
    } as const;
    this.#loop.post(answer);
    this.syncConversation();
  }

  /** Tests whether a person is heard now, and so whether a packet may be decrypted. */
  mayHear(personId: PersonId): boolean {
    return this.isAdmitted(personId) && mayHearPerson(this.#presence, personId);
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

  /** Begins to read words of the conversation, to learn later whether some of them were erased. */
  beginReading(): WordsReading {
    return this.#options.choices.erasedWords.beginReading();
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

  /** Tests whether a person has said no, or may have, as answers cannot be read and nothing else was said since. */
  mayHaveSaidNo(personId: PersonId): boolean {
    const isKnown = this.isLoaded || this.getConsent(personId) === 'always';
    return this.hasSaidNo(personId) || !isKnown;
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
    this.updateTold();
    this.#scheduleNextTold();
    this.#loop.syncPeople();
    this.#loop.syncConsents();
    this.#changeListener?.();
    this.#answerListener?.();
  }

  /** Stops the timer at the end of the session. Changes are still passed on. */
  stopTimerForGood(): void {
    this.#isEnded = true;
    this.#cancelNextTold?.();
  }

  /** Sets the listener for changes, in place of the former one. */
  onChange(listener: () => void): void {
    this.#changeListener = listener;
  }

  /** Sets a second listener for changes, called after the first, in place of the former one. */
  onAnswered(listener: () => void): void {
    this.#answerListener = listener;
  }

  #updateRules() {
    const { choices, clock, getRules, isReturned, listPeople } = this.#options;
    const [former, rules] = [this.#knownRules, getRules()];
    const people = listPeople();
    const isSame = former && formatRules(former) === formatRules(rules);
    if (isSame || people.length === 0) return; // Nobody is surprised before the link is open.
    // Before the first rules, nobody knows what counted when the bot was last here.
    const isSurprise = former ? isLooser(former, rules) : isReturned;
    this.#surprisedIds = new Set(isSurprise ? people.map(({ id }) => id) : []);
    this.#knownRules = rules;
    if (!former) return;
    const stillHeard = people.filter(
      (member) => this.getConsent(member.id) === 'policy' && this.#isPolicyFor(member),
    );
    const ids = stillHeard.map(({ id }) => id);
    choices.told.addPeople(this.#toldRules, ids, clock.wallMs());
  }

  #isPolicyFor(member: ChannelMember) {
    const { hasRole, isAdmitted } = this.getRights(member);
    const { policy } = this.#options.getRules();
    return isAdmitted && isPolicyFor({ hasRole, policy });
  }

  /** Has told people heard once their time has come. */
  #scheduleNextTold() {
    const { choices, clock } = this.#options;
    const wallMs = clock.wallMs();
    const nextWallMs = choices.told.findNextWallMs(this.#toldRules, wallMs);
    this.#cancelNextTold?.();
    this.#cancelNextTold =
      nextWallMs === undefined || this.#isEnded
        ? undefined
        : clock.later(nextWallMs - wallMs, () => this.syncConversation());
  }

  get #toldRules(): ToldRules {
    return getToldRules(this.#options);
  }

  get #areRulesLoaded() {
    return areRulesLoaded(this.#options);
  }

  get #presence() {
    return this.#loop.state.presence;
  }
}

/** Reads the stored answers of a server's people, its policy, and the people told of the policy in the channel. */
export function readStoredConsents(options: SessionConsentOptions): StoredConsents {
  const { choices, clock, getRules } = options;
  return {
    policy: getRules().policy,
    isLoaded: areRulesLoaded(options),
    ...choices.answers,
    told: choices.told.listPeople(getToldRules(options), clock.wallMs()),
  };
}

function getToldRules({ channelId, getRules }: SessionConsentOptions): ToldRules {
  return { channelId, rules: formatRules(getRules()) };
}

function areRulesLoaded({ choices, isLoaded }: SessionConsentOptions) {
  return isLoaded() && choices.isLoaded;
}

function formatRules(rules: ConsentPolicySettings) {
  return conversationSettings.consent.formatValue(rules);
}

/** Signals of people, each aborted by a no of its person. */
class Withdrawals {
  readonly #controllers = new Map<PersonId, AbortController>();
  #anybody = new AbortController();

  /** Gets the signal that aborts when this person withdraws consent. */
  getSignal(personId: PersonId): AbortSignal {
    const controller = this.#controllers.get(personId) ?? new AbortController();
    this.#controllers.set(personId, controller);
    return controller.signal;
  }

  /** Gets the signal that aborts when the next person withdraws consent, whoever that is. */
  getSignalOfAnybody(): AbortSignal {
    return this.#anybody.signal;
  }

  /** Aborts the person's signal, and that of anybody. Later calls return new ones. */
  withdrawPerson(personId: PersonId): void {
    const reason = new Error('the person withdrew their consent');
    this.#controllers.get(personId)?.abort(reason);
    this.#controllers.delete(personId);
    this.#anybody.abort(reason);
    this.#anybody = new AbortController();
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

/** Reads the facts of a session on which `describeHearing` decides, as they are now, but for its captions. */
export function readHearingState(
  {
    consent,
    loop,
    voiceChannel,
  }: {
    readonly consent: SessionConsent;
    readonly loop: ConversationLoop;
    readonly voiceChannel: SessionChannel;
  },
  { localRecogniser, spending }: Deps<'localRecogniser' | 'spending'>,
): Omit<HearingState, 'isCaptioned'> {
  const { connection, restrictions, settings } = loop.state.session;
  return {
    mode: settings.mode,
    addressing: settings.addressing,
    isLinked: connection.kind === 'up',
    isDeafened: restrictions.includes('deafened'),
    isPaused: consent.isPaused,
    unpaidUntil: spending.findUsedHearingBudget(voiceChannel.channel.guildId)?.time,
    hasLocalRecogniser: localRecogniser.isAvailable,
  };
}
