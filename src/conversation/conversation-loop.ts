import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#src/base/clock.ts';
import type {
  ConversationEffect,
  InnerEffect,
  OuterEffect,
} from '#src/conversation/machine/effects.ts';
import type {
  ConversationEvent,
  EventKind,
  InnerEvent,
  UntimedEvent,
} from '#src/conversation/machine/events.ts';
import type {
  ConversationState,
  Participant,
  SessionSettings,
} from '#src/conversation/machine/state.ts';
import { getWakeTime, stepConversation } from '#src/conversation/machine/step.ts';
import type { ChannelFailure } from '#src/notices/channel-notices.ts';
import type { StoredConsents } from '#src/people/consent.ts';
import { conversationRules } from './machine/conversation-rules.ts';

/** Facts that a conversation reads from outside, and what performs its effects. */
type LoopSurroundings = {
  readonly getSettings: () => SessionSettings;
  readonly listPeople: () => readonly Participant[];
  readonly getConsents: () => StoredConsents;
  /** Begins work of ear and mouth, and returns the facts about it that are known at once. Must not post. */
  readonly performInner: (effect: InnerEffect) => readonly InnerEvent[];
  /** Begins work outside ear and mouth, once all events are handled. May post. */
  readonly performOuter: (effect: OuterEffect) => void;
  /** Reports a bug in work that no caller awaits, while no connection is open. */
  readonly onBug: (error: unknown) => void;
  /** Called after each event and its effects. */
  readonly onChange: () => void;
};

type LoopDeps = {
  readonly clock: Clock;
  readonly decide?: typeof stepConversation | undefined;
};

/** Effects that ear and mouth perform while the event is handled that asked for them. */
const innerKinds: Readonly<Record<InnerEffect['do'], true>> = {
  recognise: true,
  'cancel-recognition': true,
  overheard: true,
  begin: true,
  play: true,
  'give-up': true,
  discard: true,
  cut: true,
  'finish-clause': true,
  speak: true,
  cue: true,
  fact: true,
};

/** Events whose steps depend on the settings of their moment. */
const eventsNeedingSettings: ReadonlySet<EventKind> = new Set([
  'began',
  'paused',
  'likely-over',
  'ended',
  'partial',
  'words',
  'typed',
  'announcement',
  'notify',
]);

/**
 * Owns the state of one conversation. It handles one event after the other, performs their effects and keeps the one timer.
 *
 * @example
 * import { toPersonId } from '#src/base/ids.ts';
 * import type { ConversationLoop } from '#src/conversation/conversation-loop.ts';
 *
 * declare const loop: ConversationLoop;
 * loop.post({ kind: 'opened-window', by: toPersonId('1') }); // The next words of this person need no name.
 * loop.state.turnQueue.current?.phase.kind; // 'making', 'sounding', 'finishing' or 'cut'
 */
export class ConversationLoop {
  readonly #deps: LoopDeps;
  readonly #inbox: ConversationEvent[] = [];
  /** Effects for the outside, which wait until the inbox is empty. */
  readonly #outbox: OuterEffect[] = [];
  #state: ConversationState;
  #surroundings: LoopSurroundings | undefined;
  #isHandling = false;
  #isReachingOut = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #stopTimer: () => void = () => undefined;
  #failConnection: ((bug: unknown) => void) | undefined;
  #people: readonly Participant[] | undefined;

  constructor(deps: LoopDeps, state: ConversationState) {
    this.#deps = deps;
    this.#state = state;
  }

  /** The state after the latest step. It never changes, so a caller may keep it. */
  get state(): ConversationState {
    return this.#state;
  }

  /** Time on the monotonic clock, in ms. */
  get nowMs(): number {
    return this.#deps.clock.nowMs();
  }

  /** Begins to handle events. Those posted before wait until then. */
  begin(surroundings: LoopSurroundings): void {
    this.#surroundings = surroundings;
    this.#handleInbox();
  }

  /**
   * Handles an event and performs the effects of its step. Throws while another event is handled: work of ear and mouth
   * returns what it knows at once, and posts what it learns later.
   */
  post(event: UntimedEvent): void {
    if (this.#isHandling)
      throw new Error(`'${event.kind}' was posted while another event was handled.`);
    if (eventsNeedingSettings.has(event.kind)) this.syncSettings();
    this.#addEvent(event);
    this.#handleInbox();
  }

  /** Calls `fail` with bugs in work that no caller awaits, until the connection closes. */
  openConnection(fail: (bug: unknown) => void): Disposable {
    this.#failConnection = fail;
    return {
      [Symbol.dispose]: () => {
        this.#failConnection = undefined;
      },
    };
  }

  /** Stops the timer at the end of the session. Events are still handled. */
  stopTimerForGood(): void {
    this.#stopTimer();
    this.#stopTimer = () => undefined;
    this.#wakeMs = Number.NEGATIVE_INFINITY;
  }

  /** Ends the open connection by a bug. Reports the bug where none is open. */
  reportBug(bug: unknown): void {
    const report = this.#failConnection ?? this.#surroundings?.onBug;
    report?.(bug);
  }

  /** Posts the people in the channel, if anything about them has changed. */
  syncPeople(): void {
    const people = this.#surroundings?.listPeople();
    if (!people || isDeepStrictEqual(people, this.#people)) return;
    this.#people = people;
    this.post({ kind: 'people', people });
  }

  /** Posts the stored consents of now. */
  syncConsents(): void {
    const consents = this.#surroundings?.getConsents();
    if (consents) this.post({ kind: 'consents', ...consents });
  }

  /** Notes a failure until its end. Returns whether it is new. */
  beginFailure(failure: ChannelFailure): boolean {
    if (this.isFailing(failure)) return false;
    this.post({ kind: 'failure', failure, isOver: false });
    return true;
  }

  /** Tests whether a failure was noted and has not ended. */
  isFailing(failure: ChannelFailure): boolean {
    return this.state.notes.failures.includes(failure);
  }

  /** Notes the end of a failure. Returns whether it was noted before. */
  endFailure(failure: ChannelFailure): boolean {
    const isFailing = this.isFailing(failure);
    if (isFailing) this.post({ kind: 'failure', failure, isOver: true });
    return isFailing;
  }

  /** Posts the settings of now, if they have changed. */
  syncSettings(): void {
    const settings = this.#surroundings?.getSettings();
    if (settings && !isDeepStrictEqual(settings, this.state.session.settings))
      this.post({ kind: 'settings', settings });
  }

  #addEvent(event: UntimedEvent) {
    this.#inbox.push({ ...event, atMs: this.nowMs } as ConversationEvent);
  }

  #handleInbox() {
    const surroundings = this.#surroundings;
    if (!surroundings) return;
    this.#isHandling = true;
    for (let next = this.#inbox.shift(); next; next = this.#inbox.shift())
      this.#handleEvent(next, surroundings);
    this.#isHandling = false;
    this.#setTimer();
    // What the outside posts meanwhile is handled at once. Its effects wait for those before them.
    if (this.#isReachingOut) return;
    this.#isReachingOut = true;
    for (let next = this.#outbox.shift(); next; next = this.#outbox.shift())
      this.#runGuarded(next, surroundings.performOuter);
    this.#isReachingOut = false;
    surroundings.onChange();
  }

  #handleEvent(event: ConversationEvent, { performInner }: LoopSurroundings) {
    // A bug ends the connection, not the caller.
    try {
      const { decide = stepConversation } = this.#deps;
      const { effects, state } = decide(this.#state, event, conversationRules);
      this.#state = state;
      for (const each of effects)
        this.#runGuarded(each, (effect) => {
          if (!isInnerEffect(effect)) this.#outbox.push(effect);
          else for (const fact of performInner(effect)) this.#addEvent(fact);
        });
    } catch (error) {
      this.reportBug(error);
    }
  }

  #runGuarded<Effect>(effect: Effect, perform: (effect: Effect) => void) {
    // A failing effect does not take the others of its step along.
    try {
      perform(effect);
    } catch (error) {
      this.reportBug(error);
    }
  }

  #setTimer() {
    const wakeMs = getWakeTime(this.#state, conversationRules);
    if (wakeMs === this.#wakeMs || this.#wakeMs === Number.NEGATIVE_INFINITY) return;
    this.#stopTimer();
    this.#stopTimer = () => undefined;
    this.#wakeMs = wakeMs;
    if (wakeMs === Number.POSITIVE_INFINITY) return;
    const { clock } = this.#deps;
    this.#stopTimer = clock.later(Math.max(0, wakeMs - clock.nowMs()), () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.post({ kind: 'tick' });
    });
  }
}

function isInnerEffect(effect: ConversationEffect): effect is InnerEffect {
  return effect.do in innerKinds;
}
