import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '#src/base/clock.ts';
import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type {
  ConversationEvent,
  EventKind,
  UntimedEvent,
} from '#src/conversation/machine/events.ts';
import type {
  ConversationState,
  Participant,
  SessionSettings,
} from '#src/conversation/machine/state.ts';
import { getWakeTime, stepConversation } from '#src/conversation/machine/step.ts';
import type { SoundingReply } from '#src/conversation/mouth/barge-in.ts';
import type {
  CurrentConnection,
  OpenConnection,
} from '#src/conversation/mouth/reconnecting-connection.ts';
import type { SpeechOutput } from '#src/conversation/mouth/speech-output.ts';
import type { ChannelFailure } from '#src/notices/channel-notices.ts';
import type { StoredConsents } from '#src/people/consent.ts';
import { conversationRules } from './machine/conversation-rules.ts';
import { findAnnouncement, findTurn, isSpeaking } from './machine/selectors.ts';

/** The session around a conversation, as its loop needs it. */
type LoopDeps = {
  readonly clock: Clock;
  readonly decide?: typeof stepConversation | undefined;
  readonly getSettings: () => SessionSettings;
  readonly listPeople: () => readonly Participant[];
  readonly getConsents: () => StoredConsents;
  /** Reports a bug in work that no caller awaits, while no connection is open. */
  readonly onBug: (error: unknown) => void;
  readonly performEffect: (effect: ConversationEffect) => void;
  readonly connection: CurrentConnection;
  /** Called after each event and its effects. */
  readonly onChange: () => void;
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
  #state: ConversationState;
  #isStepping = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #stopTimer: () => void = () => undefined;
  #bug = Promise.withResolvers<never>();
  #people: readonly Participant[] | undefined;

  constructor(deps: LoopDeps, state: ConversationState) {
    this.#deps = deps;
    this.#state = state;
  }

  /** The state after the latest step. It never changes, so a caller may keep it. */
  get state(): ConversationState {
    return this.#state;
  }

  /** The reply that sounds now, with its asker. Undefined while the bot is silent. */
  get sounding(): SoundingReply | undefined {
    const { turnQueue } = this.#state;
    const { current } = turnQueue;
    if (!current || !isSpeaking(turnQueue)) return undefined;
    const { id, reply } = current;
    const interruptible = findAnnouncement(this.#state, id)?.isInterruptible ?? true;
    return { id: reply, replyTo: findTurn(this.#state, id)?.by, interruptible };
  }

  /** Time on the monotonic clock, in ms. */
  get nowMs(): number {
    return this.#deps.clock.nowMs();
  }

  /** The output of the open connection. Undefined without one. */
  get output(): SpeechOutput | undefined {
    return this.#deps.connection.now?.output;
  }

  /** Rejects with a bug in work that no caller awaits. */
  get bug(): Promise<never> {
    return this.#bug.promise;
  }

  /** Sets the open connection, or none after its loss, before the replies on it end. */
  attachConnection(connection: OpenConnection | undefined): void {
    // The conversation learns that none is open before the replies on it end.
    const lostOutput = this.output;
    this.#deps.connection.now = connection;
    if (lostOutput && !connection)
      this.post({ kind: 'link-down', isHeard: lostOutput.heardText !== '' });
    this.#bug = Promise.withResolvers();
    this.#bug.promise.catch(() => undefined); // Awaited elsewhere.
  }

  /** Handles an event, performs the effects of its step and returns them. */
  post(event: UntimedEvent): readonly ConversationEffect[] {
    // During another event, this one waits until all effects of that are performed, and nothing is returned.
    if (eventsNeedingSettings.has(event.kind)) this.syncSettings();
    const atMs = this.nowMs;
    this.#inbox.push({ ...event, atMs } as ConversationEvent);
    if (this.#isStepping) return [];
    this.#isStepping = true;
    const steps: (readonly ConversationEffect[])[] = [];
    for (let next = this.#inbox.shift(); next; next = this.#inbox.shift())
      steps.push(this.#handleEvent(next));
    this.#isStepping = false;
    this.#setTimer();
    this.#deps.onChange();
    return steps[0] ?? [];
  }

  /** Stops the timer at the end of the session. Events are still handled. */
  stopTimerForGood(): void {
    this.#stopTimer();
    this.#stopTimer = () => undefined;
    this.#wakeMs = Number.NEGATIVE_INFINITY;
  }

  /** Rejects `bug` with an error while a connection is open, else reports the error. */
  reportBug(error: unknown): void {
    if (this.output) this.#bug.reject(error);
    else this.#deps.onBug(error);
  }

  /** Posts, each 20 ms, when the current reply becomes audible, starves, pauses or goes on. */
  updateSound(): void {
    const { leavingReply } = this.output ?? {};
    const { current } = this.#state.turnQueue;
    if (!leavingReply || current?.reply !== leavingReply.id) return;
    const { phase, reply } = current;
    if (phase.kind === 'making') this.post({ kind: 'audible', reply });
    const wasStarved = phase.kind === 'sounding' && phase.isStarved;
    const { isStarved, pausedAfter: heardText } = leavingReply;
    if (isStarved !== wasStarved && phase.kind !== 'cut')
      this.post({ kind: 'starved', reply, isStarved });
    if (heardText !== current.haltedAfter && phase.kind === 'sounding')
      this.post({ kind: 'halted', reply, heard: heardText });
  }

  /** Posts the people in the channel, if anything about them has changed. */
  syncPeople(): void {
    const people = this.#deps.listPeople();
    if (isDeepStrictEqual(people, this.#people)) return;
    this.#people = people;
    this.post({ kind: 'people', people });
  }

  /** Posts the stored consents of now. */
  syncConsents(): void {
    this.post({ kind: 'consents', ...this.#deps.getConsents() });
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
    const settings = this.#deps.getSettings();
    if (!isDeepStrictEqual(settings, this.state.session.settings))
      this.post({ kind: 'settings', settings });
  }

  #handleEvent(event: ConversationEvent) {
    // A bug ends the connection, not the caller.
    try {
      const { decide = stepConversation } = this.#deps;
      const { effects, state } = decide(this.#state, event, conversationRules);
      this.#state = state;
      for (const effect of effects) this.#performEffect(effect);
      return effects;
    } catch (error) {
      this.reportBug(error);
      return [];
    }
  }

  #performEffect(effect: ConversationEffect) {
    // A failing effect does not take the others of its step along.
    try {
      this.#deps.performEffect(effect);
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
