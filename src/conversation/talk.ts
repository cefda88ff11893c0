import { BotError } from '#src/base/errors.ts';
import { failureEventOf } from './alerts/failure-event.ts';
import { type ChannelFailure, writeUnrecognised } from './alerts/report-failure.ts';
import { AnswerJobs } from './answering/answer-jobs.ts';
import type { Interruptions } from './hearing/interruptions.ts';
import type { HearingConnection } from './hearing/utterances.ts';
import type { ConversationEffect, EffectOf } from './machine/effects.ts';
import type { EventKind, UntimedEvent } from './machine/events.ts';
import type {
  ConversationState,
  Id,
  Participant,
  PersonId,
  SessionSettings,
} from './machine/state.ts';
import { ReadingJobs } from './output/reading-jobs.ts';
import type { SpeechOutput } from './output/speech-output.ts';
import type { WaitingCues } from './output/waiting-cues.ts';
import { Performer } from './performer.ts';
import { Requests } from './requests.ts';
import type { SessionContext } from './session-context.ts';

/** Parts of the open connection that effects need. */
export type TalkConnection = {
  readonly output: SpeechOutput;
  readonly hearing: HearingConnection;
  readonly interruptions: Interruptions;
  readonly waiting: WaitingCues;
};

/** Decisions that the session itself carries out. */
export type TalkHooks = {
  /** The conversation ends the session. */
  readonly end: (why: string) => void;
  /** The link may be opened again. */
  readonly openLink: () => void;
  /** Nothing of this person is kept any more. */
  readonly forgetPerson: (personId: PersonId) => void;
  /** Something is not answered or not said, as the bot ends. */
  readonly unanswered: () => void;
  /** Called after each event. */
  readonly changed: () => void;
};

/** Events before which the settings in the state are brought up to date. */
const settingsNeeded: ReadonlySet<EventKind> = new Set([
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

/** The conversation of one session: its state, and whatever performs its effects. */
export class Talk {
  readonly answers: AnswerJobs;
  readonly readings: ReadingJobs;
  readonly requests: Requests;
  /** Reply that was opened last, and the person whom it answers. */
  sounding: { readonly id: Id; readonly by: PersonId | undefined } | undefined;
  /** Failure of the utterance that was decided last. */
  lastUnrecognised: unknown;
  readonly #context: SessionContext;
  readonly #hooks: TalkHooks;
  readonly #performer: Performer;
  /** Told of a bug while a connection is watched. */
  #onBroken: ((error: unknown) => void) | undefined;
  /** Bug of a connection that is not watched yet. */
  #bug: { readonly error: unknown } | undefined;
  #connection: TalkConnection | undefined;
  #audible: Id | undefined;
  #isStarved = false;
  #people = '';
  #consents = '';

  /** Table of contents: each effect and the part that performs it. */
  readonly #performers: {
    readonly [Kind in ConversationEffect['do']]: (effect: EffectOf<Kind>) => void;
  } = {
    listen: ({ utterance }) => this.#context.utterances.listen(utterance),
    recognise: ({ pause, utterance }) => this.#context.utterances.recognise(utterance, pause),
    endpoint: ({ text, utterance }) => this.#context.utterances.endpoint(utterance, text),
    forget: ({ utterance }) => this.#context.utterances.forget(utterance),
    overheard: (effect) => this.#overhear(effect),
    begin: (effect) => this.answers.begin(effect),
    play: (effect) => this.answers.play(effect),
    hold: ({ answer }) => this.answers.hold(answer),
    'give-up': (effect) => this.answers.giveUp(effect),
    discard: ({ reply }) => {
      this.answers.discard(reply);
      this.readings.discard(reply);
    },
    speak: (effect) => this.readings.speak(effect),
    cut: ({ reply }) => void (this.answers.cut(reply) || this.readings.cut(reply)),
    'finish-clause': ({ reply }) =>
      void (this.answers.finishClause(reply) || this.readings.finishClause(reply)),
    cue: (effect) => this.#cue(effect),
    run: (effect) => this.#context.tools.calls.run(effect),
    'stop-run': ({ run }) => this.#context.tools.calls.stopRun(run),
    result: (effect) => this.#context.tools.calls.result(effect),
    ask: (effect) => this.#context.tools.calls.ask(effect),
    'close-ask': ({ confirmation }) => this.#context.tools.calls.closeAsk(confirmation),
    report: ({ outcome, request }) => this.requests.report(request, outcome),
    notice: (effect) => this.#notify(effect),
    obey: ({ by, command }) => this.#context.obey(command, by),
    'forget-person': ({ by }) => this.#hooks.forgetPerson(by),
    end: ({ why }) => this.#hooks.end(why),
    fact: (effect) => this.#tell(effect),
    'open-link': () => this.#hooks.openLink(),
  };

  constructor(context: SessionContext, state: ConversationState, hooks: TalkHooks) {
    this.#context = context;
    this.#hooks = hooks;
    this.answers = new AnswerJobs(context);
    this.readings = new ReadingJobs(context);
    this.requests = new Requests(context);
    this.#performer = new Performer({
      clock: context.parts.clock,
      state,
      perform: (effect) => this.#perform(effect),
      broken: (error) => this.broken(error),
      changed: () => this.#changed(),
    });
  }

  get state(): ConversationState {
    return this.#performer.state;
  }

  /** Sound of the open connection. */
  get output(): SpeechOutput | undefined {
    return this.#connection?.output;
  }

  attach(connection: TalkConnection | undefined): void {
    this.#connection = connection;
    this.#context.utterances.attach(connection?.hearing);
  }

  post(event: UntimedEvent): void {
    if (settingsNeeded.has(event.kind)) this.syncSettings();
    this.#performer.post(event);
  }

  close(): void {
    this.#performer.close();
  }

  /** A bug in work that no caller waits for: the connection ends with it; without one it is reported. */
  broken(error: unknown): void {
    const { channel, parts } = this.#context;
    if (!this.#connection) parts.onEvent(channel.guildId, failureEventOf(error, 'link'));
    else if (this.#onBroken) this.#onBroken(error);
    else this.#bug = { error };
  }

  /** Never resolves. Errors: bugs of the work that no caller waits for. Aborting `signal` throws its reason. */
  async watch(signal: AbortSignal): Promise<never> {
    const { promise, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    this.#onBroken = reject;
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    if (this.#bug) reject(this.#bug.error);
    try {
      return await promise;
    } finally {
      this.#onBroken = undefined;
      this.#bug = undefined;
      signal.removeEventListener('abort', leave);
    }
  }

  /** Tells the conversation what is heard of the bot. To be called after each frame, and every 20 ms or so. */
  noticeSound(): void {
    const { output } = this;
    const { sounding } = this;
    if (!output || !sounding) return;
    if (output.sounds && this.#audible !== sounding.id) {
      this.#audible = sounding.id;
      this.#isStarved = false;
      this.#performer.post({ kind: 'audible', reply: sounding.id });
    }
    const isStarved = output.sounds && output.starves;
    if (isStarved === this.#isStarved || this.#audible !== sounding.id) return;
    this.#isStarved = isStarved;
    this.#performer.post({ kind: 'starved', reply: sounding.id, isStarved });
  }

  /** Tells the conversation who is there, where that has changed. */
  syncPeople(): void {
    const { channel, gate, parts, people } = this.#context;
    const here = people().map((one): Participant => {
      const { answers } = parts.peopleSettings.known(channel.guildId, one.id);
      const isDeaf = one.isDeaf === true || answers === 'written';
      const { id, isBot, name } = one;
      return {
        id,
        name,
        isBot,
        isDeaf,
        hasRole: gate.hasRole(one),
        isAdmitted: gate.isAdmitted(id),
      };
    });
    const now = JSON.stringify(here);
    if (now === this.#people) return;
    this.#people = now;
    this.#performer.post({ kind: 'people', people: here });
  }

  /** Tells the conversation what is stored about consent, where that has changed. */
  syncConsents(): void {
    const { gate } = this.#context;
    const { no, yes } = gate.stored;
    const facts = { policy: gate.policy, isRead: gate.isRead, no, yes };
    const now = JSON.stringify(facts);
    if (now === this.#consents) return;
    this.#consents = now;
    this.#performer.post({ kind: 'consents', ...facts });
  }

  /** True the first time of each failure, until it is over. */
  isNewFailure(failure: ChannelFailure): boolean {
    if (this.isFailing(failure)) return false;
    this.#performer.post({ kind: 'failure', failure, isOver: false });
    return true;
  }

  /** True where people know of this failure and it is not over. */
  isFailing(failure: ChannelFailure): boolean {
    return this.state.reportedFailures.includes(failure);
  }

  /** The voice is heard again. */
  voiceWorks(): void {
    if (this.isFailing('speak'))
      this.#performer.post({ kind: 'failure', failure: 'speak', isOver: true });
  }

  /** Brings the settings of the conversation up to date. */
  syncSettings(): void {
    const now = sessionSettingsOf(this.#context);
    if (JSON.stringify(now) === JSON.stringify(this.state.settings)) return;
    this.#performer.post({ kind: 'settings', settings: now });
  }

  #changed(): void {
    if (!this.state.floor.current) this.#connection?.waiting.over();
    this.#hooks.changed();
  }

  #perform(effect: ConversationEffect): void {
    const perform = this.#performers[effect.do] as (effect: ConversationEffect) => void;
    perform(effect);
  }

  #overhear({ by: personId, isMeant: meant, what }: EffectOf<'overheard'>): void {
    this.#connection?.interruptions.hear({ personId, what, meant, isFinal: true });
  }

  #cue({ cue }: EffectOf<'cue'>): void {
    const { connection, parts, settings } = this.#context;
    if (cue !== 'error') this.#connection?.waiting.play(cue);
    else if (settings().cues !== 'off') void connection.play(parts.cues.error);
  }

  #notify({ line }: EffectOf<'notice'>): void {
    const { notice, people } = this.#context;
    if (line === 'reconnecting') {
      notice({ id: 'panel.reconnecting' }, () => !this.state.link.isUp && people().length > 0);
    } else if (line === 'unrecognised') {
      if (this.lastUnrecognised instanceof BotError)
        writeUnrecognised(this.lastUnrecognised, this.#context);
    } else if (line === 'unanswered') {
      this.#hooks.unanswered();
    }
  }

  #tell({ fact }: EffectOf<'fact'>): void {
    const { channel, parts } = this.#context;
    if (fact.kind === 'utterance-over') this.#context.utterances.over(fact);
    if (fact.kind === 'turn-over') this.answers.turnOver(fact.turn, fact.end);
    if (fact.kind !== 'dropped') return;
    const { by: speakerId, name, why } = fact;
    parts.onEvent(channel.guildId, { kind: 'dropped', speakerId, name, why });
  }
}

/** Settings and facts of a session that its conversation needs. */
export function sessionSettingsOf(context: SessionContext): SessionSettings {
  const { addressing, maySpeak, preemptiveBudget, settings } = context;
  const { addressing: mode, leaveAfterMs } = settings();
  return {
    mode: maySpeak() ? 'talk' : 'captions',
    addressing: mode,
    names: addressing.names,
    isSparing: !preemptiveBudget.allows,
    trustsPartials: context.trustsPartials(),
    leaveAfterMs,
  };
}
