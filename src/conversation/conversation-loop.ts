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
import type { ChannelFailure } from '#src/notices/channel-notices.ts';
import type { ConsentState } from '#src/people/consent.ts';
import type {
  CurrentConnection,
  OpenConnection,
} from '#src/voice/connection/reconnecting-connection.ts';
import type { SoundingReply } from '#src/voice/hearing/barge-in.ts';
import type { SpeechOutput } from '#src/voice/output/speech-output.ts';
import { conversationRules } from './machine/conversation-rules.ts';
import { findAnnouncement, findTurn, isSpeaking } from './machine/selectors.ts';

type LoopDeps = {
  readonly clock: Clock;
  /** Default: `step`; a simulation watches its decisions. */
  readonly decide?: typeof stepConversation | undefined;
  readonly settings: () => SessionSettings;
  readonly people: () => readonly Participant[];
  /** What is stored about consent. */
  readonly consents: () => Pick<ConsentState, 'policy' | 'isRead' | 'no' | 'yes'>;
  /** Told of a bug in work that no caller waits for, where no connection ends with it. */
  readonly onBug: (error: unknown) => void;
  /** Performs an effect. It never waits, and answers by events. */
  readonly perform: (effect: ConversationEffect) => void;
  readonly connection: CurrentConnection;
  /** Called after each event, once its effects are performed. */
  readonly changed: () => void;
};

/** Events before which the settings in the state are brought up to date. */
const eventsNeedingSettings: ReadonlySet<EventKind> = new Set([
  'began',
  'paused',
  'likely-over',
  'ended',
  'partial',
  'words',
  'typed',
  'read',
  'notify',
]);

/**
 * The conversation of one session: owner of its state, which handles one event after the other and keeps the one timer; the
 * sound of the bot, and what people and settings tell it.
 */
export class ConversationLoop {
  readonly #deps;
  readonly #inbox: ConversationEvent[] = [];
  #state;
  #isStepping = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #stopTimer: () => void = () => undefined;
  #bug = Promise.withResolvers<never>();
  #people: readonly Participant[] | undefined;

  constructor(deps: LoopDeps, state: ConversationState) {
    this.#deps = deps;
    this.#state = state;
  }

  get state(): ConversationState {
    return this.#state;
  }

  /** Reply that people hear. */
  get sounding(): SoundingReply | undefined {
    const { current } = this.#state.turnQueue;
    if (!current || !isSpeaking(this.#state)) return undefined;
    const { id, reply } = current;
    const interruptible = findAnnouncement(this.#state, id)?.isInterruptible ?? true;
    return { id: reply, replyTo: findTurn(this.#state, id)?.by, interruptible };
  }

  get nowMs(): number {
    return this.#deps.clock.nowMs();
  }

  /** Sound of the open connection. */
  get output(): SpeechOutput | undefined {
    return this.#deps.connection.now?.output;
  }

  /** Rejects with a bug in work of the open connection that no caller waits for. */
  get bug(): Promise<never> {
    return this.#bug.promise;
  }

  /** Sets the connection that is open now; undefined: none is, which the conversation learns before its replies end. */
  attachConnection(now: OpenConnection | undefined): void {
    const former = this.output;
    this.#deps.connection.now = now;
    if (former && !now) this.post({ kind: 'link-down', isHeard: former.heardText !== '' });
    this.#bug = Promise.withResolvers();
    this.#bug.promise.catch(() => undefined); // whoever waits for it is told
  }

  /**
   * Handles an event, and returns the effects of its step, which are performed by then; during another event it waits until
   * all effects of that are performed, and returns none.
   */
  post(event: UntimedEvent): readonly ConversationEffect[] {
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
    this.#deps.changed();
    return steps[0] ?? [];
  }

  /** Stops the timer, for good. */
  stopTimerForGood(): void {
    this.#stopTimer();
    this.#stopTimer = () => undefined;
    this.#wakeMs = Number.NEGATIVE_INFINITY;
  }

  /** A bug in work that no caller waits for: the connection ends with it; without one it is reported. */
  reportBug(error: unknown): void {
    if (this.output) this.#bug.reject(error);
    else this.#deps.onBug(error);
  }

  /** Tells the conversation what is heard of the bot. To be called after each frame, and every 20 ms or so. */
  updateSound(): void {
    const { leavingReply } = this.output ?? {};
    const { current } = this.#state.turnQueue;
    if (!leavingReply || current?.reply !== leavingReply.id) return;
    const { phase, reply } = current;
    if (phase.kind === 'making') this.post({ kind: 'audible', reply });
    const wasStarved = phase.kind === 'sounding' && phase.isStarved;
    const { isStarved } = leavingReply;
    if (isStarved !== wasStarved && phase.kind !== 'cut')
      this.post({ kind: 'starved', reply, isStarved });
  }

  /** Tells the conversation who is there, where that has changed. */
  syncPeople(): void {
    const people = this.#deps.people();
    if (isDeepStrictEqual(people, this.#people)) return;
    this.#people = people;
    this.post({ kind: 'people', people });
  }

  /** Tells the conversation what is stored about consent. */
  syncConsents(): void {
    this.post({ kind: 'consents', ...this.#deps.consents() });
  }

  /** True the first time of each failure, until it is over. */
  beginFailure(failure: ChannelFailure): boolean {
    if (this.isFailing(failure)) return false;
    this.post({ kind: 'failure', failure, isOver: false });
    return true;
  }

  /** True where people know of this failure and it is not over. */
  isFailing(failure: ChannelFailure): boolean {
    return this.state.reportedFailures.includes(failure);
  }

  /** True where there was this failure. */
  endFailure(failure: ChannelFailure): boolean {
    const isFailing = this.isFailing(failure);
    if (isFailing) this.post({ kind: 'failure', failure, isOver: true });
    return isFailing;
  }

  /** Brings the settings of the conversation up to date. */
  syncSettings(): void {
    const settings = this.#deps.settings();
    if (!isDeepStrictEqual(settings, this.state.settings))
      this.post({ kind: 'settings', settings });
  }

  /** Never throws: a bug ends the connection. */
  #handleEvent(event: ConversationEvent): readonly ConversationEffect[] {
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

  /** One that throws does not take the others of its step along. */
  #performEffect(effect: ConversationEffect) {
    try {
      this.#deps.perform(effect);
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
