import type { ConversationEffect, EffectOf } from '#src/conversation/machine/effects.ts';
import { mayHear } from '#src/conversation/machine/questions.ts';
import type { Id, ToolRequest } from '#src/conversation/machine/state.ts';
import { step } from '#src/conversation/machine/step.ts';
import { clearVoice, noVoice, person, room } from '#test/conversation/machine/conversation-case.ts';
import type { StepFunction } from '#test/conversation/machine/play-case.ts';
import {
  type PlannedAnswer,
  type PlannedCall,
  SimulatedPerformer,
  type SimulatedPorts,
  type SimulatedStep,
} from './performer.ts';
import { type Act, everybody } from './script.ts';
import { chance, VirtualTime } from './virtual-time.ts';

/** Call of a port that fails. */
export type FailingCall = { readonly port: PortName; readonly call: number };

export const portNames = [
  'recognise',
  'answer',
  'synthesise',
  'run',
  'openLink',
  'reserve',
] as const;
export type PortName = (typeof portNames)[number];

export type SimulationSetup = {
  readonly seed: number;
  readonly step?: StepFunction;
  readonly failing?: FailingCall | undefined;
  /** True: reservations of answers that were discarded stay open. A planted fault. */
  readonly leaksReservations?: boolean;
  readonly onStep: (world: Simulation, step: SimulatedStep) => void;
};

/** Voice of a person as the audio plane has it. */
type Voice = {
  readonly id: Id;
  readonly by: string;
  readonly isClear: boolean;
  lastMs: number;
  isPaused: boolean;
};

type SpokenText = { readonly by: string; readonly text: string };

/** People, Discord, engines, tools and a ledger around one conversation. */
export class Simulation {
  readonly time = new VirtualTime();
  readonly performer: SimulatedPerformer;
  /** Words of each utterance. */
  readonly spoken = new Map<Id, SpokenText>();
  /** Utterances whose sound the audio plane keeps. */
  readonly keptSounds = new Set<Id>();
  readonly waitingRequests = new Set<Id>();
  readonly spent = new Map<string, number>();
  readonly reserved = new Map<Id, { readonly by: string; readonly cost: number }>();
  readonly cap = 90;
  steps = 0;
  readonly #options: SimulationSetup;
  readonly #calls = new Map<PortName, number>();
  readonly #voices = new Map<string, Voice>();
  #isCaptioned: boolean;
  #nextUtterance = 1;
  #nextRequest = 1;

  constructor(options: SimulationSetup) {
    this.#options = options;
    const { onStep, seed, step: run = step } = options;
    this.#isCaptioned = seed % 2 === 0;
    const start = room(...everybody);
    this.performer = new SimulatedPerformer(start, this.time, run, this.#ports(), (one) => {
      this.steps++;
      onStep(this, one);
    });
  }

  get state() {
    return this.performer.state;
  }

  act({ by, kind, text }: Act): void {
    switch (kind) {
      case 'say':
      case 'breathe':
        this.#say(by, text, kind === 'say');
        return;
      case 'typed':
      case 'read':
      case 'notify':
      case 'take-back':
        this.#request(kind, by, text);
        return;
      case 'press':
      case 'press-other':
        this.#press(by, kind === 'press');
        return;
      case 'go':
      case 'come':
      case 'bar':
        this.#seat(kind, by);
        return;
      case 'lose-link':
        this.#loseLink();
        return;
      default:
        this.#answerOrSet(kind, by);
        return;
    }
  }

  #answerOrSet(kind: Act['kind'], by: string): void {
    const { performer } = this;
    switch (kind) {
      case 'no':
      case 'yes':
      case 'forget':
        performer.post({ kind: 'answered-consent', by, answer: kind });
        return;
      case 'pause':
      case 'resume':
        performer.post({ kind: 'paused-hearing', isPaused: kind === 'pause' });
        return;
      case 'mute':
      case 'unmute':
        performer.post({ kind: 'muted', isMuted: kind === 'mute' });
        return;
      case 'window':
        performer.post({ kind: 'opened-window', by });
        return;
      case 'captions':
        this.#isCaptioned = !this.#isCaptioned;
        return;
      default:
        performer.post({ kind: 'stop' });
        return;
    }
  }

  #request(kind: 'typed' | 'read' | 'notify' | 'take-back', by: string, text: string): void {
    const { performer, time, waitingRequests } = this;
    const [oldest] = waitingRequests;
    if (kind === 'take-back') {
      if (oldest !== undefined) performer.post({ kind: 'taken-back', request: oldest });
      return;
    }
    const request = this.#nextRequest++;
    waitingRequests.add(request);
    if (kind === 'typed') performer.post({ kind, request, by, name: by, text });
    if (kind === 'notify') {
      const isDroppedByVoice = this.#chance(text) < 0.2;
      const untilMs = time.nowMs + (isDroppedByVoice ? 2_000 : 20_000);
      const fromMs = isDroppedByVoice ? time.nowMs + 500 : 0;
      performer.post({ kind, request, to: by, text, fromMs, untilMs, isDroppedByVoice });
    }
    if (kind !== 'read') return;
    const place = Math.floor(this.#chance(text) * 3);
    const when = (['now', 'queue', 'behind'] as const)[place] ?? 'queue';
    const reading = { owner: by, about: [], when, text, isInterruptible: true };
    performer.post({ kind, request, ...reading });
  }

  #press(by: string, isOwn: boolean): void {
    const open = this.state.confirmations.at(-1);
    if (!open) return;
    const presser = isOwn ? open.presser : by;
    this.performer.post({ kind: 'pressed', confirmation: open.id, by: presser });
  }

  #seat(kind: 'go' | 'come' | 'bar', by: string): void {
    const others = this.state.people.filter(({ id }) => id !== by);
    const own = { go: [], come: [person(by)], bar: [person(by, { isAdmitted: false })] };
    this.performer.post({ kind: 'people', people: [...others, ...own[kind]] });
  }

  #loseLink(): void {
    if (!this.state.link.isUp) return;
    this.#voices.clear();
    this.performer.post({ kind: 'link-lost', random: 1, restMs: 0, final: undefined });
  }

  #chance(key: string): number {
    return chance(this.#options.seed, key);
  }

  // The audio plane: one voice of each person at a time, and no packets of people who may not be heard.

  #say(by: string, text: string, isClear: boolean): void {
    const { performer, state, time } = this;
    const isHere = state.people.some(({ id }) => id === by);
    if (!isHere || !state.link.isUp || this.#voices.has(by) || !mayHear(state, by)) return;
    const id = this.#nextUtterance++;
    this.spoken.set(id, { by, text });
    this.keptSounds.add(id);
    const voice = { id, by, isClear, lastMs: time.nowMs, isPaused: false };
    this.#voices.set(by, voice);
    const isCaptioned = this.#isCaptioned;
    performer.post({
      kind: 'began',
      utterance: id,
      by,
      fromMs: time.nowMs,
      hints: [],
      isCaptioned,
    });
    const talkMs = 200 + Math.floor(this.#chance(`talk ${id}`) * 1_800);
    time.later(talkMs, () => this.#pause(voice));
    if (this.#chance(`partial ${id}`) > 0.5) return;
    const sendPartial = () => {
      if (this.#isOpen(voice)) performer.post({ kind: 'partial', utterance: id, text });
    };
    time.later(talkMs - 50, sendPartial);
  }

  #isOpen(voice: Voice): boolean {
    return this.#voices.get(voice.by) === voice;
  }

  #pause(voice: Voice): void {
    if (!this.#isOpen(voice)) return;
    const { performer, time } = this;
    voice.isPaused = true;
    voice.lastMs = time.nowMs;
    const goesOn = this.#chance(`resumes ${voice.id} ${voice.lastMs}`) < 0.2;
    if (voice.isClear)
      performer.post({ kind: 'paused', utterance: voice.id, evidence: clearVoice });
    if (goesOn) time.later(350, () => this.#resume(voice));
    else time.later(900, () => this.#endVoice(voice));
  }

  #resume(voice: Voice): void {
    if (!this.#isOpen(voice)) return;
    voice.isPaused = false;
    this.performer.post({ kind: 'resumed', utterance: voice.id });
    this.time.later(400, () => this.#pause(voice));
  }

  #endVoice(voice: Voice): void {
    if (!this.#isOpen(voice) || !voice.isPaused) return;
    this.#voices.delete(voice.by);
    const isFarField = this.#chance(`far ${voice.id}`) < 0.1;
    this.performer.post({
      kind: 'ended',
      utterance: voice.id,
      toMs: voice.lastMs,
      endedMs: this.time.nowMs,
      evidence: voice.isClear ? clearVoice : noVoice,
      isFarField,
      isAmongSounds: this.#voices.size > 0,
    });
  }

  #show(effect: ConversationEffect): void {
    switch (effect.do) {
      case 'endpoint':
        this.#endSoon(effect.utterance);
        return;
      case 'forget':
        this.#forgetSound(effect.utterance);
        return;
      case 'overheard':
        this.#bargeIn(effect);
        return;
      case 'end':
        this.#voices.clear();
        return;
      case 'report':
        if (effect.outcome !== 'postponed') this.waitingRequests.delete(effect.request);
        return;
      default:
        return;
    }
  }

  /** Words that sound complete end the utterance sooner. */
  #endSoon(utterance: Id): void {
    const voice = [...this.#voices.values()].find(({ id }) => id === utterance);
    if (!voice) return;
    this.performer.post({ kind: 'likely-over', utterance, evidence: clearVoice });
    this.time.later(150, () => this.#endVoice(voice));
  }

  #forgetSound(utterance: Id): void {
    this.keptSounds.delete(utterance);
    for (const [by, { id }] of this.#voices) if (id === utterance) this.#voices.delete(by);
  }

  #bargeIn({ by, isMeant, what }: EffectOf<'overheard'>): void {
    const { current } = this.state.floor;
    if (!current?.isAudible) return;
    const asker = this.state.turns.find(({ id }) => id === current.id)?.by;
    const { reply } = current;
    const { performer } = this;
    if (what === 'stop') performer.post({ kind: 'barged', reply, action: 'stop' });
    else if (isMeant && asker === by) performer.post({ kind: 'barged', reply, action: 'yield' });
    else if (isMeant) performer.post({ kind: 'barged', reply, action: 'finish-clause' });
  }

  // Engines, tools, the ledger and Discord.

  #ports(): SimulatedPorts {
    const nowMs = () => this.time.nowMs;
    return {
      recognise: ({ pause, utterance }) =>
        this.#call('recognise', `${utterance}.${pause}`, [60, 400, 20_000], () => {
          return this.spoken.get(utterance)?.text ?? '';
        }),
      answer: (effect) =>
        this.#call('answer', `${effect.answer}`, [100, 1_500, 20_000], () => this.#plan(effect)),
      synthesise: ({ text }) =>
        this.#call('synthesise', text, [50, 300, 20_000], () => {
          return { text, lengthMs: 400 + text.length * 40 };
        }),
      run: ({ run }) =>
        this.#call('run', `${run}`, [20, 2_000, 10_000], () => {
          const tool = this.state.runs.find(({ id }) => id === run)?.tool;
          return this.#chance(`vain ${run}`) < 0.1 ? 'refused' : `${tool} done`;
        }),
      openLink: () => this.#call('openLink', `${nowMs()}`, [100, 800, 15_000], () => true as const),
      reserve: (id, by) => this.#reserve(id, by),
      settle: (id) => this.#settle(id),
      show: (effect) => this.#show(effect),
    };
  }

  /** Some calls are slow, fail, or hang until their deadline. */
  #call<Result>(
    port: PortName,
    key: string,
    [leastMs, usualMs, longestMs]: readonly [number, number, number],
    result: () => Result,
  ): PlannedCall<Result> {
    const luck = this.#chance(`${port} ${key}`);
    const fails = this.#isFailing(port) || luck < 0.04;
    const hangs = luck > 0.98;
    const share = luck * 7_919 - Math.floor(luck * 7_919);
    const takesMs = leastMs + share * (usualMs - leastMs);
    const slowMs = luck > 0.9 ? takesMs * 10 : takesMs;
    const afterMs = hangs ? longestMs : Math.min(slowMs, longestMs);
    return { afterMs, result: fails || hangs ? undefined : result() };
  }

  #isFailing(port: PortName): boolean {
    const call = (this.#calls.get(port) ?? 0) + 1;
    this.#calls.set(port, call);
    const { failing } = this.#options;
    return failing?.port === port && failing.call === call;
  }

  #plan({ answer, turn, words }: EffectOf<'begin'>): PlannedAnswer {
    const luck = this.#chance(`answer ${answer}`);
    const asked = words ?? this.#soundOf(turn);
    const text = `${asked} is answer ${answer}`;
    const slowMs = luck > 0.985 ? 400_000 : luck > 0.88 ? 40_000 * luck : 0;
    return {
      sound: { text: luck < 0.2 ? `${text}?` : text, lengthMs: 500 + luck * 9_000 },
      calls: callsFor(asked, luck, answer),
      restMs: slowMs,
      hasOthers: this.#chance(`others ${answer}`) < 0.1,
      stallMs: this.#chance(`stall ${answer}`) < 0.1 ? 3_000 : 0,
    };
  }

  /** Words in the sound that a model gets. */
  #soundOf(turn: Id): string {
    const asked = this.state.turns.find(({ id }) => id === turn);
    const parts = asked?.parts.map(({ utterance }) => utterance) ?? [];
    const open = asked?.open.map(({ id }) => id) ?? [];
    return [...parts, ...open].map((id) => this.spoken.get(id)?.text ?? '').join(' ');
  }

  #reserve(id: Id, by: string): 'reserved' | 'refused' {
    const open = [...this.reserved.values()].filter((one) => one.by === by);
    const reserved = open.reduce((sum, { cost }) => sum + cost, this.spent.get(by) ?? 0);
    if (this.#isFailing('reserve') || reserved + 3 > this.cap) return 'refused';
    this.reserved.set(id, { by, cost: 3 });
    return 'reserved';
  }

  #settle(id: Id): void {
    const open = this.reserved.get(id);
    if (!open || (this.#options.leaksReservations && this.performer.sounding !== id)) return;
    this.reserved.delete(id);
    const cost = 1 + this.#chance(`cost ${id}`) * 2;
    this.spent.set(open.by, (this.spent.get(open.by) ?? 0) + cost);
  }
}

/** Calls of an obstinate model: it calls whatever it is asked for, each time. */
function callsFor(words: string, luck: number, answer: Id): readonly ToolRequest[] {
  const call = (
    tool: string,
    over: Omit<ToolRequest, 'callId' | 'tool' | 'isForeign'>,
  ): ToolRequest => {
    return { callId: `${answer} ${tool}`, tool, isForeign: tool === 'look', ...over };
  };
  const isSayable = luck < 0.7;
  const args = luck < 0.3 ? words : 'usual';
  return [
    ...(/look/.test(words) ? [call('look', { args: words, effect: 'read', isSayable })] : []),
    ...(/timer/.test(words) ? [call('timer', { args, effect: 'last', isSayable })] : []),
    ...(/wipe/.test(words) ? [call('wipe', { args: '', effect: 'destroy', isSayable })] : []),
    ...(/volume/.test(words) ? [call('volume', { args, effect: 'change', isSayable })] : []),
    ...(/note/.test(words)
      ? [call('note', { args, effect: 'last', isSayable, presser: 'cleo' })]
      : []),
  ];
}
