import { BotError } from '#src/base/errors.ts';
import { type FailureChat, reportUnrecognised } from '#src/session/alerts/report-failure.ts';
import {
  PreemptiveAnswers,
  type PreemptiveAnswersOptions,
  type PreemptiveContext,
} from '#src/session/answering/preemptive-answers.ts';
import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { QueuedQuestion } from '#src/session/queue/queued-turn.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import type { OnRecognised } from '#src/spending/budget-authority.ts';
import { meteredTranscriber } from '#src/spending/usage-meters.ts';
import { hasVoice } from '#src/turn/evidence.ts';
import type { SessionAddressing } from './addressing.ts';
import { Continuations, type OpenQuestion } from './continuations.ts';
import type { Interruptions } from './interruptions.ts';
import { liveAudioOf } from './live-audio.ts';
import { OpenUtterance } from './open-utterance.ts';
import type { SpeakerInputEvent, UtteranceEnd } from './speaker-input.ts';
import { said } from './utterance.ts';
import { type DecisionContext, UtteranceDecisions } from './utterance-decisions.ts';

/** What speech is recognised with, and where the questions it becomes are asked. */
type UtteranceContext = PreemptiveContext &
  DecisionContext &
  FailureChat & {
    readonly parts: Pick<
      SessionDependencies,
      'endpointRules' | 'listeningSlots' | 'transcriber' | 'warm'
    >;
    readonly addressing: Pick<SessionAddressing, 'talked'>;
  };

export type OpenUtterancesOptions = Omit<PreemptiveAnswersOptions, 'isOpen'> & {
  readonly context: UtteranceContext;
  readonly interruptions: Pick<Interruptions, 'hear' | 'overhear'>;
};

/** What everybody in one channel is in the middle of saying, up to the question it becomes. */
export class OpenUtterances {
  readonly #options: OpenUtterancesOptions;
  readonly #drafts = new Map<string, OpenUtterance>();
  readonly #continuations: Continuations;
  /** Said to the end, and not understood yet. */
  readonly #pending = new Set<QueuedQuestion>();

  readonly #decisions: UtteranceDecisions;
  readonly #preemptive: PreemptiveAnswers;
  readonly #broken = Promise.withResolvers<never>();

  constructor(options: OpenUtterancesOptions) {
    this.#options = options;
    this.#continuations = new Continuations(options.context, (work) => this.#run(work));
    this.#decisions = new UtteranceDecisions({ ...options, continuations: this.#continuations });
    this.#preemptive = new PreemptiveAnswers({
      ...options,
      isOpen: (utterance) => this.#drafts.get(utterance.speakerId) === utterance,
    });
    this.#broken.promise.catch(() => undefined); // whoever watches is told
  }

  #run(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#broken.reject(error));
  }

  /** Ended, and still being recognised. */
  get pending(): QueuedQuestion | undefined {
    const [first] = this.#pending;
    return first;
  }

  /** Never resolves. Errors: what is a bug in the work that nobody waits for. Aborting `signal` throws its reason. */
  async watch(signal: AbortSignal): Promise<never> {
    const leave = () => this.#broken.reject(signal.reason);
    signal.addEventListener('abort', leave);
    if (signal.aborted) leave();
    try {
      return await this.#broken.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  /** To be given everything that was noticed of this person, in order. */
  take(speakerId: string, noticed: SpeakerInputEvent): void {
    if (noticed.kind === 'began') this.#mayBegin(speakerId, noticed.fromMs);
    const utterance = this.#drafts.get(speakerId);
    if (!utterance) return;
    if (this.#options.context.output.sounds) utterance.overlaps = true;
    switch (noticed.kind) {
      case 'began':
      case 'sound':
        utterance.hear(noticed.sound);
        return;
      case 'paused':
        if (hasVoice(noticed.heard)) this.#run(this.#preemptive.pause(utterance, noticed));
        return;
      case 'resumed':
        utterance.goOn();
        return;
      case 'likely-over':
        this.#preemptive.think(utterance, utterance.words?.text, noticed);
        return;
      case 'ended':
        this.#drafts.delete(speakerId);
        this.#end(utterance, noticed);
        return;
      case 'overlap-began':
      case 'voiced':
      case 'overlap-ended':
        return;
    }
  }

  /** All words so far of what this person is saying. */
  overhear(speakerId: string, text: string): void {
    const utterance = this.#drafts.get(speakerId);
    if (utterance?.overlaps) this.#options.interruptions.overhear(speakerId, text);
  }

  /** Whatever others are saying, or have just said, is gone. To be called now and then. */
  keep(mayHear: (speakerId: string) => boolean): void {
    for (const speakerId of this.#drafts.keys()) {
      if (!mayHear(speakerId)) this.#forget(speakerId);
    }
    this.#continuations.keep(mayHear);
  }

  /** What was said to its end is still answered. */
  close(): void {
    for (const { before } of this.#drafts.values()) {
      if (before) this.#run(this.#continuations.giveBack(before));
    }
    this.keep(() => false);
  }

  /** Where there is no money to recognise it, nobody learns what was said. */
  #mayBegin(speakerId: string, fromMs: number): void {
    const { channel, notice, parts } = this.#options.context;
    const listening = parts.spending.listen(channel.guildId, speakerId);
    if ('heard' in listening) this.#begin(speakerId, fromMs, listening.heard);
    else if (listening.isNews()) notice(listening.line);
  }

  #begin(speakerId: string, fromMs: number, heard: OnRecognised): void {
    const { people, context, read } = this.#options;
    const { queue, output, parts, withdrawals } = context;
    const here = people();
    const name = here.find(({ id }) => id === speakerId)?.name ?? 'Someone';
    const isAlone = here.every(({ id, isBot }) => isBot || id === speakerId);
    this.#forget(speakerId);
    const until = AbortSignal.any([context.signal, withdrawals.of(speakerId)]);
    const streams = parts.transcriber.listen !== undefined;
    const onPartial = (text: string) => {
      if (streams) utterance.partial = text;
      read(speakerId, { text });
    };
    const metered = meteredTranscriber(parts.transcriber, heard);
    const { guildId } = context.channel;
    const onWait = () => parts.onEvent(guildId, { kind: 'recogniser-full' });
    const listening = parts.listeningSlots.listen({ guildId, onWait }, metered, onPartial, until);
    const before = this.#continuations.before(speakerId, fromMs);
    const { clock } = parts;
    const utterance = new OpenUtterance({
      speakerId,
      name,
      fromMs,
      isAlone,
      listening,
      clock,
      before,
    });
    if (before) this.#continuations.follow(before, utterance);
    utterance.live = liveAudioOf(utterance, context.pipeline, this.#options);
    this.#drafts.set(speakerId, utterance);
    const sounds = queue.current === before && output.sounds;
    if (before && !sounds) queue.giveUp(before, 'continued');
    parts.warm();
  }

  #forget(speakerId: string): void {
    const utterance = this.#drafts.get(speakerId);
    this.#drafts.delete(speakerId);
    utterance?.live?.forget();
    utterance?.[Symbol.dispose]();
  }

  #end(utterance: OpenUtterance, ended: UtteranceEnd): void {
    const question = questionOf(utterance, ended);
    const meant = this.#finish(utterance, question, ended);
    this.#run(meant.then((isMeant) => (isMeant ? undefined : utterance.live?.forget())));
    this.#continuations.add(question, meant);
    if (hasVoice(ended.heard)) this.#continuations.mayGoOn(question);
  }

  /** Decided in the order in which it was said, unless what came before takes too long. */
  async #finish(
    utterance: OpenUtterance,
    question: OpenQuestion,
    ended: UtteranceEnd,
  ): Promise<boolean> {
    using over = utterance;
    const { addressing, withdrawals } = this.#options.context;
    const { speakerId } = over;
    const { heard, whole } = ended;
    const withdrawn = withdrawals.of(speakerId);
    let failure: unknown;
    if (hasVoice(heard)) {
      addressing.talked(speakerId, whole.toMs - whole.fromMs);
      this.#pending.add(question);
      failure = await utterance.text().then(
        () => undefined,
        (error: unknown) => error,
      );
      this.#pending.delete(question);
    }
    await this.#continuations.decided(utterance);
    if (withdrawn.aborted) {
      question.handle.drop('withdrawn');
      question.isMeant = false; // also where it was dropped already, for its speaker had gone on
      return false;
    }
    const decision = this.#decisions.perform(utterance, question, ended);
    const isUnmeant = decision.kind === 'ignore' || decision.kind === 'command';
    if (isUnmeant && failure instanceof BotError) {
      reportUnrecognised(failure, this.#options.context);
    }
    return question.isMeant === true;
  }
}

function questionOf(utterance: OpenUtterance, { whole, endedAtMs }: UtteranceEnd): OpenQuestion {
  const { speakerId, name, pending } = utterance;
  utterance.pending = undefined;
  const question: OpenQuestion = {
    kind: 'question',
    said: said(whole, speakerId, name, () => utterance.text()),
    earlier: [],
    endedAtMs,
    pending,
    handle: new TurnHandle(() => question.pending?.discard()),
  };
  return question;
}
