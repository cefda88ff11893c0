import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import {
  type BotActivity,
  judge,
  needsWords,
  presume,
  type SpeakerTurn,
} from '#src/turn/addressing/addressing.ts';
import {
  type AddressEvent,
  type AddressingMode,
  type AddressingRules,
  type AddressingState,
  addressingRules,
  endsInQuestion,
  initialAddressing,
  stepAddressing,
} from '#src/turn/addressing/addressing-windows.ts';
import {
  decidePreemptive,
  decideUtterance,
  type EndedUtterance,
  type PreemptiveDecision,
  type PreemptiveFacts,
  type UtteranceDecision,
} from '#src/turn/answerable.ts';

/** Speaker and start of an utterance: `fromMs` is the instant at which the voice began. */
export type UtteranceStart = Pick<SpeakerTurn, 'speakerId' | 'fromMs'>;

/** Facts without those about the people there. */
export type WithoutPeople<Facts> = Omit<Facts, 'humans' | 'isBot' | 'present'>;

/** To whom the bot listens in one session, and whether what is said there is meant for it. */
export class SessionAddressing {
  readonly #context: SessionContext;
  #state = initialAddressing;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** This person asked for it: no name is needed for a while. An open window begins anew. */
  open(personId: string): void {
    this.#attend({ kind: 'asked', personId, atMs: this.#nowMs() });
  }

  /** Whether this person needs no name now, having pressed Ask or, among others, just been answered. */
  isOpen(personId: string): boolean {
    const nowMs = this.#nowMs();
    return this.#shown.some((window) => window.personId === personId && nowMs < window.untilMs);
  }

  /** Instant at which the next such window closes; infinite where none is open. */
  get closesAtMs(): number {
    const nowMs = this.#nowMs();
    const open = this.#shown.filter(({ untilMs }) => untilMs > nowMs);
    return Math.min(...open.map(({ untilMs }) => untilMs));
  }

  /** Instant at which the last window of this person closed; infinitely long ago where there was none. */
  closedAtMs(personId: string): number {
    const own = this.#shown.filter((window) => window.personId === personId);
    return Math.max(...own.map(({ untilMs }) => untilMs));
  }

  /** Windows that people are shown: in company, where a name is needed without one. */
  get #shown(): AddressingState['windows'] {
    const isCompany = this.#context.people().filter(({ isBot }) => !isBot).length > 1;
    const follows = isCompany && this.#mode() === 'auto';
    return this.#state.windows.filter(
      ({ kind }) => kind === 'asked' || (follows && kind !== 'answering'),
    );
  }

  /** An answer to this person is begun. */
  answering(personId: string): void {
    this.#attend({ kind: 'answering', personId, atMs: this.#nowMs() });
  }

  /** Reports the end of an answer, in whatever way; `heard` is the text that left of it. */
  answered(personId: string, heard: string): void {
    const answered = { kind: 'answered', personId, atMs: this.#nowMs() } as const;
    this.#attend({ ...answered, endsInQuestion: endsInQuestion(heard) });
  }

  /** Reports `ms` of speech by one person, whether or not it was meant for the bot. */
  talked(personId: string, ms: number): void {
    this.#attend({ kind: 'talked', personId, ms, atMs: this.#nowMs() });
  }

  /** Decision about an utterance that has ended; `people` are all who are there. */
  decide(
    utterance: WithoutPeople<EndedUtterance>,
    people: readonly ChannelMember[],
  ): UtteranceDecision {
    const facts = among(utterance, people);
    const { decision, addressing } = decideUtterance(facts, this.#state, this.#rules());
    this.#state = addressing;
    return decision;
  }

  /** True where the bot answers commands only. */
  get isOff(): boolean {
    return this.#mode() === 'off';
  }

  /** Whether a typed line is meant for the bot, as if it were said; `people` are all who are there. */
  isLineMeant(personId: string, text: string, people: readonly ChannelMember[]): boolean {
    const spoken = among({ speakerId: personId, fromMs: this.#nowMs(), text }, people);
    const { verdict, state } = judge(this.#state, spoken, this.#rules());
    this.#state = state;
    return verdict.meant;
  }

  /** Whether an answer is begun in a pause of an utterance. */
  decideAhead(
    facts: WithoutPeople<PreemptiveFacts>,
    people: readonly ChannelMember[],
  ): PreemptiveDecision {
    return decidePreemptive(among(facts, people), this.#state, this.#rules());
  }

  /** Whether this person would be answered whatever they say. */
  presumes(saying: UtteranceStart, people: readonly ChannelMember[]): boolean {
    return presume(this.#state, among(saying, people), this.#rules());
  }

  /** Whether the bot needs the words of this person. */
  needsWords(saying: UtteranceStart, people: readonly ChannelMember[], bot: BotActivity): boolean {
    return needsWords(this.#state, among(saying, people), bot, this.#rules());
  }

  #attend(event: AddressEvent): void {
    this.#state = stepAddressing(this.#state, event, this.#rules());
  }

  #rules(): AddressingRules {
    return { ...addressingRules, mode: this.#mode(), names: calledNames(this.#context) };
  }

  #mode(): AddressingMode {
    const { maySpeak, settings } = this.#context;
    return maySpeak() ? settings().addressing : 'off';
  }

  #nowMs(): number {
    return this.#context.parts.clock.nowMs();
  }
}

function among<S extends UtteranceStart>(saying: S, people: readonly ChannelMember[]) {
  const isBot = people.some((one) => one.isBot && one.id === saying.speakerId);
  const others = people.filter((one) => !one.isBot && one.id !== saying.speakerId);
  return { ...saying, isBot, humans: others.length + 1, present: others.map(({ name }) => name) };
}

/** Every name that the bot answers to in one channel. */
export function calledNames({ channel, parts, settings }: SessionContext): readonly string[] {
  return [...new Set([parts.places.botName(channel.guildId), ...settings().names])];
}
