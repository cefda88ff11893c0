import type { Clock } from '#src/base/clock.ts';
import type { PersonId } from '#src/base/ids.ts';
import type { SessionConsent } from '#src/conversation/consent/session-consent.ts';
import type { SpeechRequests } from '#src/conversation/mouth/speech-requests.ts';
import type { ChannelNotices } from '#src/notices/channel-notices.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Packets that an unheard person sends before the bot tells them: 5 s of sound. */
const minUnheardPackets = 250;
const maxRememberedPeople = 1_000;
/** Mentions in one message, which together with the sentence stay below 2,000 characters. */
const maxMentions = 50;
/** Time until people are told again who could not be told. */
const retryMs = 30_000;
/** A spoken notice that finds no pause in this time is given up. */
const maxSpokenWaitMs = 10_000;

type ConsentNoticesDeps = {
  readonly clock: Clock;
  readonly consent: SessionConsent;
  readonly notices: ChannelNotices;
  readonly requests: Pick<SpeechRequests, 'queueNotice'>;
  readonly listPeople: () => readonly ChannelMember[];
  /** Gets the name of the role by which the policy hears people. */
  readonly getRoleName: () => string;
  readonly signal: AbortSignal;
};

/**
 * Tells people how they are heard. A person whom the server's policy hears is told by a line with a mention before the
 * first packet is heard; where Discord does not take the line, the bot says it aloud to the channel. Others, whom it does
 * not hear, are asked once they have spoken for 5 s.
 *
 * @example
 * import type { ConsentNotices } from '#src/conversation/mouth/consent-notices.ts';
 *
 * declare const consentNotices: ConsentNotices;
 * consentNotices.tellPeople();
 * consentNotices.untellableIds; // people that neither a line nor the voice reached
 */
export class ConsentNotices {
  readonly #deps: ConsentNoticesDeps;
  readonly #packetCounts = new Map<PersonId, number>();
  /** People that were asked. Sessions that follow each other share them. */
  readonly #askedIds: Set<PersonId>;
  readonly #tellingIds = new Set<PersonId>();
  readonly #untellableIds = new Set<PersonId>();
  /** People whom neither a line nor the voice reached when they were told last. */
  readonly untellableIds: ReadonlySet<PersonId> = this.#untellableIds;
  #retryAtMs = Number.NEGATIVE_INFINITY;

  /** `predecessor` belongs to the session that this one continues, which has asked people already. */
  constructor(deps: ConsentNoticesDeps, predecessor: ConsentNotices | undefined) {
    this.#deps = deps;
    this.#askedIds = new Set(predecessor ? predecessor.#askedIds : []);
  }

  /** Tells people that the policy hears once they are told. Call it whenever people, roles or rules may have changed. */
  tellPeople(): void {
    const { clock, consent, listPeople } = this.#deps;
    const ids = new Set(listPeople().map(({ id }) => id));
    for (const id of this.#packetCounts.keys())
      if (!ids.has(id)) this.#packetCounts.delete(id);
    consent.updateTold();
    const untold = consent.listUntold().filter(({ id }) => !this.#tellingIds.has(id));
    const isNew = untold.some(({ id }) => !this.#untellableIds.has(id));
    if (untold.length === 0 || (!isNew && clock.nowMs() < this.#retryAtMs)) return;
    for (const { id } of untold) this.#tellingIds.add(id);
    const groups = Map.groupBy(untold, ({ id }) => consent.isSurprised(id));
    for (const [isSurprised, people] of groups)
      void this.#tellGroup(
        people,
        isSurprised ? this.#describeLooserPolicy() : { id: 'consent.policy' },
      );
  }

  /** Forgets that a person was asked, so that the person is asked again. */
  forgetPerson(personId: PersonId): void {
    this.#packetCounts.delete(personId);
    this.#askedIds.delete(personId);
  }

  /** Counts an unheard person's packet. After enough packets, asks for consent. Never throws. */
  onUnheardPacket(speakerId: PersonId): void {
    const askedIds = this.#askedIds;
    if (askedIds.has(speakerId) || askedIds.size >= maxRememberedPeople) return;
    const { consent, listPeople, notices, signal } = this.#deps;
    const person = listPeople().find(({ id }) => id === speakerId);
    if (!person || consent.isPaused || !this.#isUndecided(person)) return;
    const count = (this.#packetCounts.get(speakerId) ?? 0) + 1;
    this.#packetCounts.set(speakerId, count);
    if (count < minUnheardPackets) return;
    this.#packetCounts.delete(speakerId);
    askedIds.add(speakerId);
    notices.notifyPerson(speakerId, [{ id: 'consent.unasked' }], signal);
  }

  #describeLooserPolicy(): TextLine {
    const { consent, getRoleName } = this.#deps;
    return consent.storedConsents.policy === 'notice'
      ? { id: 'settings.told.notice' }
      : { id: 'settings.told.role', with: { role: getRoleName() } };
  }

  #isUndecided({ id, isBot }: ChannelMember) {
    const { consent } = this.#deps;
    const isUndecided = consent.getConsent(id) === 'unasked' && !consent.isLeftOut(id);
    return consent.isLoaded && !isBot && isUndecided;
  }

  async #tellGroup(people: readonly ChannelMember[], line: TextLine) {
    for (let from = 0; from < people.length; from += maxMentions)
      await this.#tellTogether(people.slice(from, from + maxMentions), line);
  }

  /** Tells people in one message, or else aloud. People count as told once Discord has taken it, or the channel has heard it. */
  async #tellTogether(people: readonly ChannelMember[], line: TextLine) {
    const { consent, notices, signal } = this.#deps;
    const ids = people.map(({ id }) => id);
    const rules = consent.rulesText;
    const isWritten = await notices.tellPeople(ids, line, signal);
    const told = isWritten ? people : await this.#tellAloud(people, line);
    if (signal.aborted) return;
    for (const id of ids) this.#tellingIds.delete(id);
    const untellable = people.filter((person) => !told.includes(person));
    for (const id of ids) this.#untellableIds.delete(id);
    for (const { id } of untellable) this.#untellableIds.add(id);
    if (untellable.length > 0) this.#retryLater();
    // What was said of former rules tells nobody of the present ones.
    const isStillTrue = consent.rulesText === rules;
    consent.addTold(isStillTrue ? told.map(({ id }) => id) : []);
  }

  /** Says the line aloud. Returns the people that sat there to its end and can hear. */
  async #tellAloud(people: readonly ChannelMember[], line: TextLine) {
    const { listPeople, notices, requests, signal } = this.#deps;
    if (signal.aborted) return [];
    const heard = Promise.withResolvers<boolean>();
    const language = notices.getSpokenLocale();
    const isQueued = requests.queueNotice({
      language,
      maxWaitMs: maxSpokenWaitMs,
      getText: () => notices.formatSpokenText(line, language),
      onEnded: heard.resolve,
    });
    if (!isQueued || !(await heard.promise)) return [];
    const listeners = listPeople().filter(({ isDeaf = false }) => !isDeaf);
    return people.filter(({ id }) => listeners.some((listener) => listener.id === id));
  }

  #retryLater() {
    const { clock } = this.#deps;
    this.#retryAtMs = clock.nowMs() + retryMs;
    clock.later(retryMs, () => {
      if (!this.#deps.signal.aborted) this.tellPeople();
    });
  }
}
