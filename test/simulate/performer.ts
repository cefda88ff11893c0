import type { ConversationEffect, EffectOf } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent, UntimedEvent } from '#src/conversation/machine/events.ts';
import { conversationRules } from '#src/conversation/machine/rules.ts';
import type { ConversationState, Id, ToolRequest } from '#src/conversation/machine/state.ts';
import { wakeAtMs } from '#src/conversation/machine/step.ts';
import type { StepFunction } from '#test/conversation/machine/play-case.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Sound of known words. */
export type SimulatedSound = { readonly text: string; readonly lengthMs: number };

/** Outcome of a call to an engine, a tool or Discord. */
export type PlannedCall<Result> = {
  readonly afterMs: number;
  /** Undefined: the call fails. */
  readonly result: Result | undefined;
};

/** Answer that a simulated model makes: it calls tools first, one after the other, and then needs more time. */
export type PlannedAnswer = {
  readonly sound: SimulatedSound;
  readonly calls: readonly ToolRequest[];
  readonly restMs: number;
  readonly hasOthers: boolean;
  /** Time, in ms, for which its sound stalls in the middle. */
  readonly stallMs: number;
};

/** World around a conversation. */
export type SimulatedPorts = {
  recognise(effect: EffectOf<'recognise'>): PlannedCall<string>;
  answer(effect: EffectOf<'begin'>): PlannedCall<PlannedAnswer>;
  synthesise(effect: EffectOf<'speak'>): PlannedCall<SimulatedSound>;
  run(effect: EffectOf<'run'>): PlannedCall<string>;
  openLink(effect: EffectOf<'open-link'>): PlannedCall<true>;
  reserve(id: Id, by: string): 'reserved' | 'refused';
  settle(id: Id): void;
  /** The audio plane and everything that people read. */
  show(effect: ConversationEffect): void;
};

/** One step of a simulated conversation. */
export type SimulatedStep = {
  readonly event: ConversationEvent;
  readonly before: ConversationState;
  readonly after: ConversationState;
  readonly effects: readonly ConversationEffect[];
};

type OpenAnswer = { plan: PlannedAnswer; called: number };
/** Sound that is made; undefined where the making of it failed. */
type MadeSound = { readonly sound: SimulatedSound | undefined };
type SoundingReply = {
  readonly id: Id;
  readonly sound: SimulatedSound;
  readonly fromMs: number;
  isAudible: boolean;
  cancel: () => void;
};

/** Time, in ms, from the start of a reply to its first frame. */
const firstFrameMs = 20;
/** Rest of a clause, in ms. */
const clauseMs = 800;

/** Performs effects in virtual time. Whatever runs stands in one map, so that leftovers are counted. */
export class SimulatedPerformer {
  state: ConversationState;
  readonly #time: VirtualTime;
  readonly #step: StepFunction;
  readonly #ports: SimulatedPorts;
  readonly #onStep: (step: SimulatedStep) => void;
  readonly #inbox: ConversationEvent[] = [];
  #isStepping = false;
  #wakeMs = Number.POSITIVE_INFINITY;
  #cancelWake: () => void = () => undefined;
  readonly #jobs = new Map<string, () => void>();
  readonly #answers = new Map<Id, OpenAnswer>();
  readonly #made = new Map<Id, MadeSound>();
  readonly #stalls = new Map<Id, number>();
  readonly #wanted = new Set<Id>();
  #reply: SoundingReply | undefined;

  constructor(
    state: ConversationState,
    time: VirtualTime,
    step: StepFunction,
    ports: SimulatedPorts,
    onStep: (step: SimulatedStep) => void,
  ) {
    this.state = state;
    this.#time = time;
    this.#step = step;
    this.#ports = ports;
    this.#onStep = onStep;
  }

  /** Keys of everything that runs. */
  get jobs(): readonly string[] {
    return [...this.#jobs.keys()];
  }

  /** Reply that is heard now. */
  get sounding(): Id | undefined {
    return this.#reply?.isAudible ? this.#reply.id : undefined;
  }

  /** Number of answers and sounds that are kept. */
  get kept(): number {
    return this.#answers.size + this.#made.size + this.#wanted.size + this.#stalls.size;
  }

  /** Handles one event after the other. Events that effects cause wait until all effects are done. */
  post(event: UntimedEvent): void {
    this.#inbox.push({ ...event, atMs: this.#time.nowMs } as ConversationEvent);
    if (this.#isStepping) return;
    this.#isStepping = true;
    for (let next = this.#inbox.shift(); next; next = this.#inbox.shift()) this.#handle(next);
    this.#isStepping = false;
    this.#arm();
  }

  #handle(event: ConversationEvent): void {
    const before = this.state;
    const { effects, state } = this.#step(before, event, conversationRules);
    this.state = state;
    for (const effect of effects) this.#perform(effect);
    this.#onStep({ event, before, after: state, effects });
  }

  #arm(): void {
    const wakeMs = wakeAtMs(this.state, conversationRules);
    if (wakeMs === this.#wakeMs) return;
    this.#cancelWake();
    this.#wakeMs = wakeMs;
    this.#cancelWake = () => undefined;
    if (wakeMs === Number.POSITIVE_INFINITY) return;
    this.#cancelWake = this.#time.later(wakeMs - this.#time.nowMs, () => {
      this.#wakeMs = Number.POSITIVE_INFINITY;
      this.post({ kind: 'tick' });
    });
  }

  #start<Result>(
    key: string,
    { afterMs, result }: PlannedCall<Result>,
    done: (result: Result) => void,
    failed: () => void,
  ): void {
    this.#end(key);
    const cancel = this.#time.later(afterMs, () => {
      this.#jobs.delete(key);
      if (result === undefined) failed();
      else done(result);
    });
    this.#jobs.set(key, cancel);
  }

  #end(key: string): void {
    this.#jobs.get(key)?.();
    this.#jobs.delete(key);
  }

  #perform(effect: ConversationEffect): void {
    this.#ports.show(effect);
    switch (effect.do) {
      case 'recognise':
        this.#recognise(effect);
        return;
      case 'forget':
        this.#end(`utterance ${effect.utterance}`);
        return;
      case 'begin':
        this.#begin(effect);
        return;
      case 'play':
        this.#want(effect.answer);
        return;
      case 'hold':
        this.#hold(effect.answer);
        return;
      case 'give-up':
        this.#giveUp(effect.answer);
        return;
      case 'discard':
        this.#drop(effect.reply);
        return;
      case 'speak':
        this.#speak(effect);
        return;
      case 'cut':
        this.#cut(effect.reply);
        return;
      case 'finish-clause':
        this.#finishClause(effect.reply);
        return;
      case 'run':
        this.#run(effect);
        return;
      case 'stop-run':
        this.#end(`run ${effect.run}`);
        return;
      case 'result':
        this.#goOn(effect.answer);
        return;
      case 'open-link':
        this.#openLink(effect);
        return;
      case 'end':
        this.#end('link');
        return;
      default:
        return;
    }
  }

  #recognise(effect: EffectOf<'recognise'>): void {
    const { pause, utterance } = effect;
    const failed = () => this.post({ kind: 'unrecognised', utterance, pause });
    const done = (text: string) =>
      this.post({ kind: 'words', utterance, pause, text, language: 'en' });
    this.#start(`utterance ${utterance}`, this.#ports.recognise(effect), done, failed);
  }

  #begin(effect: EffectOf<'begin'>): void {
    const { answer, by } = effect;
    if (this.#ports.reserve(answer, by) === 'refused') {
      this.post({ kind: 'refused', answer, isNews: true });
      return;
    }
    const done = (plan: PlannedAnswer) => {
      this.#answers.set(answer, { plan, called: 0 });
      this.post({ kind: 'prompted', answer, hasOthers: plan.hasOthers });
      this.#goOn(answer);
    };
    const failed = () => this.#noteMade(answer, undefined);
    this.#start(`answer ${answer}`, this.#ports.answer(effect), done, failed);
  }

  /** The wait for an answer is over: it fails. */
  #giveUp(answer: Id): void {
    if (!this.#answers.has(answer) && !this.#jobs.has(`answer ${answer}`)) return;
    this.#end(`answer ${answer}`);
    this.#noteMade(answer, undefined);
  }

  /** An answer that failed is ready, too: it fails when it is played. */
  #noteMade(answer: Id, sound: SimulatedSound | undefined): void {
    this.#answers.delete(answer);
    this.#made.set(answer, { sound });
    this.post({ kind: 'ready', answer });
    this.#play(answer);
  }

  /** The model calls its next tool, or makes the sound. */
  #goOn(answer: Id): void {
    const open = this.#answers.get(answer);
    if (!open) return;
    const call = open.plan.calls[open.called++];
    if (call) {
      this.post({ kind: 'called', answer, call });
      return;
    }
    const { restMs, sound, stallMs } = open.plan;
    const done = () => {
      if (stallMs > 0) this.#stalls.set(answer, stallMs);
      this.#noteMade(answer, sound);
    };
    this.#start(`answer ${answer}`, { afterMs: restMs, result: true }, done, done);
  }

  #speak(effect: EffectOf<'speak'>): void {
    const { reading } = effect;
    this.#wanted.add(reading);
    const done = (sound: SimulatedSound) => {
      this.#made.set(reading, { sound });
      this.#play(reading);
    };
    const failed = () => this.#fail(reading, 'speak');
    this.#start(`reading ${reading}`, this.#ports.synthesise(effect), done, failed);
  }

  #want(answer: Id): void {
    const isMade = this.#answers.has(answer) || this.#made.has(answer);
    if (!isMade && !this.#jobs.has(`answer ${answer}`)) return;
    this.#wanted.add(answer);
    this.#play(answer);
  }

  #hold(answer: Id): void {
    this.#wanted.delete(answer);
    const reply = this.#reply;
    if (reply?.id !== answer) return;
    reply.cancel();
    this.#reply = undefined;
    this.#made.set(answer, { sound: reply.sound });
  }

  /** A wanted reply sounds once its first sound is there. */
  #play(id: Id): void {
    const made = this.#made.get(id);
    if (!made || !this.#wanted.has(id)) return;
    this.#made.delete(id);
    this.#wanted.delete(id);
    const { sound } = made;
    if (!sound) {
      this.#fail(id, 'think');
      return;
    }
    const cancel = this.#time.later(firstFrameMs, () => this.#sendFirst(id));
    const fromMs = this.#time.nowMs + firstFrameMs;
    this.#reply = { id, sound, fromMs, isAudible: false, cancel };
  }

  #fail(reply: Id, stage: 'think' | 'speak'): void {
    this.#drop(reply);
    this.post({ kind: 'over', reply, finish: 'failed', heard: '', stage });
  }

  #sendFirst(id: Id): void {
    const reply = this.#reply;
    if (reply?.id !== id) return;
    reply.isAudible = true;
    const { lengthMs } = reply.sound;
    const stallMs = this.#stalls.get(id) ?? 0;
    this.#stalls.delete(id);
    if (stallMs > 0) reply.cancel = this.#time.later(lengthMs / 2, () => this.#stall(id, stallMs));
    else reply.cancel = this.#time.later(lengthMs, () => this.#over(id, 'completed'));
    this.post({ kind: 'audible', reply: id });
  }

  #stall(id: Id, stallMs: number): void {
    const reply = this.#reply;
    if (reply?.id !== id) return;
    reply.cancel = this.#time.later(stallMs, () => {
      reply.cancel = this.#time.later(reply.sound.lengthMs / 2, () => this.#over(id, 'completed'));
      this.post({ kind: 'starved', reply: id, isStarved: false });
    });
    this.post({ kind: 'starved', reply: id, isStarved: true });
  }

  #cut(id: Id): void {
    if (this.#reply?.id === id) {
      this.#over(id, 'cancelled');
      return;
    }
    this.#drop(id);
    this.post({ kind: 'over', reply: id, finish: 'cancelled', heard: '' });
  }

  #finishClause(id: Id): void {
    const reply = this.#reply;
    if (reply?.id !== id || !reply.isAudible) {
      this.#cut(id);
      return;
    }
    reply.cancel();
    reply.cancel = this.#time.later(clauseMs, () => this.#over(id, 'cancelled'));
  }

  #over(id: Id, finish: 'completed' | 'cancelled'): void {
    const reply = this.#reply;
    if (reply?.id !== id) return;
    const { lengthMs, text } = reply.sound;
    const sentMs = reply.isAudible ? this.#time.nowMs - reply.fromMs : 0;
    const share = finish === 'completed' ? 1 : Math.min(1, sentMs / lengthMs);
    const heard = text.slice(0, Math.floor(text.length * share));
    this.#drop(id);
    this.post({ kind: 'over', reply: id, finish, heard });
  }

  /** Ends a reply at whatever stage. */
  #drop(id: Id): void {
    this.#end(`answer ${id}`);
    this.#end(`reading ${id}`);
    if (this.#reply?.id === id) {
      this.#reply.cancel();
      this.#reply = undefined;
    }
    this.#answers.delete(id);
    this.#made.delete(id);
    this.#stalls.delete(id);
    this.#wanted.delete(id);
    this.#ports.settle(id);
  }

  #run(effect: EffectOf<'run'>): void {
    const { run } = effect;
    const done = (result: string) =>
      this.post({ kind: 'returned', run, result, isVain: result === 'refused' });
    const failed = () => done('failed, perhaps done');
    this.#start(`run ${run}`, this.#ports.run(effect), done, failed);
  }

  #openLink(effect: EffectOf<'open-link'>): void {
    const lost = { kind: 'link-lost', random: 1, restMs: 0, final: undefined } as const;
    const done = () => this.post({ kind: 'link-up' });
    this.#start('link', this.#ports.openLink(effect), done, () => this.post(lost));
  }
}
