import { openHistory, standardHistory } from '#src/chat/history.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import { type AudienceMember, channelAudience } from '#src/conversation/output/channel-audience.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import {
  type KnownBy,
  knownByAll,
  mayAllKnow,
  type TextReaders,
} from '#src/people/confidential-text.ts';

/** One exchange as people heard it: `heard` is what left of the answer. */
export type RememberedExchange = {
  readonly speakerId: string;
  readonly name: string;
  readonly said: string;
  readonly heard: string;
  /** Others who asked the same and were answered with it, and those whose captions or memories the answer is made of. */
  readonly alsoIds?: readonly string[];
  /** Whether the answer was made of words of this speaker alone. */
  readonly isOwn?: boolean | undefined;
  /** People who were there for all of it, and chats in which all of it stands. */
  readonly knownBy: KnownBy;
  /** The question; only where it came by the queue. */
  readonly question?: object;
};

/** Time, in ms, after which it is known which chats a newcomer may open. */
const settledMs = 1_000;

/** Exchanges as a model is shown them, and those who may know all of them. */
export type KnownHistory = {
  readonly messages: readonly ChatMessage[];
  readonly exchanges: readonly RememberedExchange[];
  readonly knownBy: KnownBy;
};

/**
 * Exchanges between people and the bot in one channel, until a person withdraws their part.
 *
 * While a person is there, exchanges that they may not know are not shown to models.
 */
export class ConversationHistory {
  #exchanges: readonly RememberedExchange[] = [];
  /** Those who sit there, by id: when they came, in ms of the monotonic clock, and whether the consequence was announced. */
  #arrivals: ReadonlyMap<string, { readonly atMs: number; isReported: boolean }> = new Map();
  #here: readonly AudienceMember[] = [];
  /** Exchanges that everybody there may know. */
  #shown: readonly RememberedExchange[] = [];
  #state: object = {};

  /** Another one after each change of what is shown: whatever was shown to a model before is out of date then. */
  get state(): object {
    return this.#state;
  }

  get isEmpty(): boolean {
    return this.#exchanges.length === 0;
  }

  /** Keeps what was said, but answers that were begun before are out of date. */
  outdate(): void {
    this.#state = {};
  }

  add(exchange: RememberedExchange): void {
    this.#become([...this.#exchanges, exchange].slice(-standardHistory.items));
  }

  /** Forgets this person's words, and the answers to them or made of them. */
  forget(personId: string): void {
    this.#become(
      this.#exchanges.filter(
        ({ speakerId, alsoIds = [] }) => speakerId !== personId && !alsoIds.includes(personId),
      ),
    );
  }

  /**
   * Notes who sits there now. Returns names of those who have come a moment ago and because of whom something rests that was
   * shown to models until then; each once.
   */
  attend(here: readonly AudienceMember[], atMs: number): readonly string[] {
    const before = this.#arrivals;
    this.#arrivals = new Map(
      here.map(({ personId }) => [personId, before.get(personId) ?? { atMs, isReported: false }]),
    );
    this.#here = here;
    const shown = this.#known({ people: here });
    if (shown.length !== this.#shown.length || shown.some((one, n) => one !== this.#shown[n]))
      this.outdate();
    this.#shown = shown;
    return here.filter((one) => this.#isNews(one, here, atMs)).map(({ name }) => name);
  }

  /** True where a person was there before them who may know an exchange that they may not. */
  #isNews(newcomer: AudienceMember, here: readonly AudienceMember[], atMs: number): boolean {
    const arrival = this.#arrivals.get(newcomer.personId);
    if (!arrival || arrival.isReported || atMs - arrival.atMs < settledMs) return false;
    arrival.isReported = true;
    const earlier = here.filter(
      ({ personId }) => (this.#arrivals.get(personId)?.atMs ?? atMs) < arrival.atMs,
    );
    const rests = this.#exchanges.filter(
      ({ knownBy }) => !mayAllKnow({ people: [newcomer] }, knownBy),
    );
    return rests.some(({ knownBy }) =>
      earlier.some((one) => mayAllKnow({ people: [one] }, knownBy)),
    );
  }

  /**
   * Ids of people who sit there now and have done so since that instant of the monotonic clock; this one spoke, so they were
   * there.
   */
  presentSince(fromMs: number, speakerId: string): readonly string[] {
    return [...this.#arrivals]
      .filter(([id, { atMs }]) => id === speakerId || atMs <= fromMs)
      .map(([id]) => id);
  }

  /**
   * Oldest first, as much as a model is shown whose answer reaches these readers; without exchanges for which `mayShow` is
   * false.
   */
  messages(
    readers: TextReaders,
    mayShow: (exchange: RememberedExchange) => boolean = () => true,
  ): KnownHistory {
    const history = openHistory();
    const shown = this.#known(readers).filter(mayShow);
    for (const { name, said, heard } of shown) {
      history.addUser(name, said);
      history.addAssistant(heard);
    }
    const knownBy = knownByAll(shown.map((one) => one.knownBy));
    return { messages: history.messages(), exchanges: shown, knownBy };
  }

  #known(readers: TextReaders): readonly RememberedExchange[] {
    return this.#exchanges.filter(({ knownBy }) => mayAllKnow(readers, knownBy));
  }

  #become(exchanges: readonly RememberedExchange[]): void {
    this.#exchanges = exchanges;
    this.#shown = this.#known({ people: this.#here });
    this.outdate();
  }
}

/** Whether a model may be shown an exchange for an answer to these people: nobody else in it is left out. */
export function mayShowTo(
  askerIds: readonly string[],
  { gate }: SessionContext,
): (exchange: RememberedExchange) => boolean {
  return ({ speakerId, alsoIds = [] }) =>
    [speakerId, ...alsoIds].every((id) => askerIds.includes(id) || !gate.isLeftOut(id));
}

/** To be called now and then: the people who sit there now decide what of the conversation is used, and read of each change. */
export function attendConversation(context: SessionContext): readonly AudienceMember[] {
  const here = channelAudience(context);
  const names = context.history.attend(here, context.parts.clock.nowMs());
  for (const name of names) context.notice({ id: 'memory.rests', with: { name } });
  return here;
}
