import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toPersonId } from '#src/base/ids.ts';
import type { ChatMessage } from '#src/chat/chat-model.ts';
import type { EffectOf } from '#src/conversation/machine/effects.ts';
import type { ConversationEvent } from '#src/conversation/machine/events.ts';
import type {
  ConversationState,
  HistoryExchange,
  Id,
} from '#src/conversation/machine/state.ts';
import { getWakeTime } from '#src/conversation/machine/step.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { BorderJudge } from './border-judge.ts';
import { isExpectedFailure } from './broken-effect.ts';
import {
  floorPhase,
  isAnybodyTalking,
  isBarred,
  isLinkTried,
  isLinkUp,
  isQuiet,
  isSessionOver,
  isStarving,
  isTurnFailure,
  listNewExchanges,
  listNewlyHeard,
  listOverTurns,
  toPlain,
} from './conversation-view.ts';
import { createCostJudge } from './cost-judge.ts';
import { createEndJudge } from './end-judge.ts';
import { HistoryJudge } from './history-judge.ts';
import { IncomingJudge } from './incoming-judge.ts';
import { createConsentBook } from './invariant-books.ts';
import { type InvariantNumber, invariants } from './invariant-list.ts';
import { MemoryJudge } from './memory-judge.ts';
import { MoneyJudge } from './money-judge.ts';
import { PacketJudge } from './packet-judge.ts';
import { BugJudge, ProgressJudge } from './progress-judge.ts';
import { QuestionJudge } from './question-judge.ts';
import { SeatJudge } from './seat-judge.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import type { Act } from './simulated-scenes.ts';
import {
  type Hold,
  simulatedRules as rules,
  type SimulatedStep,
} from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';
import { FrameJudge, SoundJudge } from './sound-judge.ts';
import type { VoiceFrame } from './spoken-sound.ts';
import { createToolJudge } from './tool-judge.ts';
import { VoiceJudge } from './voice-judge.ts';
import { createYesJudge } from './yes-judge.ts';

/** Time, in ms, from the loss of a link to the first try. */
const maxTryMs = 1_000;
/** Time, in ms, in which a voice that is cut falls silent. */
const maxLateMs = 60;

/** Instants, in ms: of a stop, from which no reply has the floor, and at which the link was up or tried last. */
const neverAborted = {
  silent: Number.POSITIVE_INFINITY,
  free: Number.POSITIVE_INFINITY,
  tried: Number.POSITIVE_INFINITY,
};

/** Judges each step by facts of its own, which know no function of the machine but its wake and its panel. */
export class Invariants {
  /** Invariants that were asked at least once. */
  readonly asked = new Set<InvariantNumber>();
  readonly consent = createConsentBook();
  /** People whose words each answer was shown. */
  readonly #shown = new Map<Id, readonly string[]>();
  /** What each answer that was begun ahead was shown as heard. */
  readonly #supposed = new Map<Id, HistoryExchange>();
  /** Texts of the current reply where it was paused or will end, by the kind of event that told. */
  readonly #reach = new Map<ConversationEvent['kind'], string | undefined>();
  #atMs = { ...neverAborted };
  /** Instants, in ms, at which people had a whole answer. */
  readonly #answeredMs = new Map<string, number>();
  #last: ConversationState | undefined;
  #failure: unknown;
  readonly #hold: Hold = (number, isTrue, about = '') => {
    this.asked.add(number);
    if (!isTrue) throw new Error(`${number} ${invariants[number]}: ${about}`);
  };
  #ends = createEndJudge(this.#hold);
  #tools = createToolJudge(this.#hold);
  readonly #yeses = createYesJudge(this.#hold);
  #questions = new QuestionJudge(this.#hold);
  #sound = new SoundJudge(this.#hold);
  #cost = createCostJudge(this.#hold);
  readonly #border = new BorderJudge(this.#hold);
  readonly #progress = new ProgressJudge(this.#hold);
  readonly #frames = new FrameJudge(this.#hold);
  readonly incoming = new IncomingJudge(this.#hold);
  readonly #bugs = new BugJudge(this.#hold);
  readonly seats = new SeatJudge(this.#hold);
  readonly #money = new MoneyJudge(this.#hold);
  readonly #packets = new PacketJudge(this.#hold, this.consent.refusals);
  readonly #history = new HistoryJudge(this.#hold, this.consent.refusals);
  readonly #voice = new VoiceJudge(this.#hold);
  readonly #memory = new MemoryJudge(this.#hold);

  /** Throws the first finding of a check. */
  throwFinding() {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** A process was killed, and another one begins. Of the former one nothing goes on. */
  beginProcess() {
    this.#last = undefined;
    this.seats.beginProcess();
    this.#bugs.beginSession();
  }

  check(world: Simulation, taken: SimulatedStep) {
    // A session that is over may still learn of a tool's end while the next one talks.
    const { before } = taken;
    if (!isSessionOver(before) || before === this.#last)
      this.#note(() => this.#checkStep(world, taken));
  }

  #checkStep(world: Simulation, taken: SimulatedStep) {
    if (taken.before !== this.#last) {
      this.#beginSession(world, taken.before.presence.consent.isPaused);
      this.#border.beginSession(taken.before);
      this.#bugs.beginSession();
    }
    this.#last = taken.after;
    this.consent.noteStep(taken);
    this.#checkHearing(taken);
    this.#checkNo(world, taken);
    this.#ends.checkStep(taken);
    for (const { end, turn } of listOverTurns(taken.effects))
      if (end === 'completed') this.#answeredMs.set(turn.by, taken.event.atMs);
    this.#checkFloor(taken);
    this.#checkReplies(taken);
    this.#tools.checkStep(world, taken);
    this.#yeses.checkStep(world, taken);
    this.#checkMoney(world);
    this.#history.check(taken);
    this.#checkWaits(taken);
    this.#checkPlace(taken);
    this.#questions.check(world, taken);
    this.#sound.check(world, taken);
    this.#cost.checkStep(world, taken);
    this.#border.check(world, taken);
    this.seats.check(world, taken);
    this.#bugs.check(taken);
    this.incoming.checkEvent(taken);
  }

  /** Ids of another session are new ones. */
  #beginSession({ engines, heard }: Simulation, isPaused: boolean) {
    this.consent.beginSession(isPaused);
    heard.clearReplies();
    const runs = engines.listRunning.filter(({ port }) => port === 'run').length;
    this.#ends = createEndJudge(this.#hold);
    this.#tools = createToolJudge(this.#hold, runs);
    this.#shown.clear();
    this.#supposed.clear();
    this.#reach.clear();
    this.#atMs = { ...neverAborted };
    this.#questions = new QuestionJudge(this.#hold);
    this.#sound = new SoundJudge(this.#hold);
    this.#cost = createCostJudge(this.#hold);
  }

  #checkHearing({ after, before, effects, event }: SimulatedStep) {
    const open = after.turns.flatMap((turn) => turn.openSpeech);
    for (const { by } of listNewlyHeard(before, after))
      this.#hold(1, this.consent.isHeard(by), by);
    for (const effect of effects) {
      if (effect.do !== 'recognise') continue;
      const isOpen = open.some(({ id }) => id === effect.utterance);
      this.#hold(1, isOpen, `utterance ${effect.utterance}`);
    }
    for (const { by, openSpeech: own } of after.turns) {
      const isGoingOn = own.some(({ isEnded }) => !isEnded);
      const isHere = after.presence.people.some(({ id }) => id === by);
      if (isGoingOn && isHere) this.#hold(1, this.consent.isHeard(by), by);
    }
    const isCutOff = event.kind !== 'link-lost' || open.every(({ isEnded }) => isEnded);
    this.#hold(1, isCutOff, 'hears without a link');
  }

  #checkNo(world: Simulation, { after, before, effects, event }: SimulatedStep) {
    for (const by of this.consent.refusals) {
      const isTheirs = (entry: { readonly by: string }) => entry.by === by;
      this.#hold(2, !after.turns.some((turn) => isTheirs(turn)), `turn of ${by}`);
      this.#hold(2, !after.tools.runs.some(isTheirs), `tool of ${by}`);
      this.#hold(2, !after.tools.confirmations.some(isTheirs), `button of ${by}`);
      const announcement = after.turnQueue.announcements.find(
        (one) =>
          one.owner === by ||
          (one.about.includes(toPersonId(by)) && one.when !== 'pause'),
      );
      const isEnding = announcement?.id === after.turnQueue.current?.id;
      this.#hold(
        48,
        announcement === undefined || isEnding,
        `announcement ${announcement?.id}`,
      );
      this.#hold(2, !after.history.exchanges.some(isTheirs), `history of ${by}`);
      const window = after.attention.windows.find(({ personId }) => personId === by);
      this.#hold(30, window === undefined, by);
      const isHeard = world.engines.listRunning.some((runningCall) =>
        runningCall.by.includes(by),
      );
      this.#hold(2, !isHeard, `recogniser of ${by}`);
    }
    if (event.kind !== 'answered-consent' || event.answer === 'yes') return;
    const begun = effects.filter(
      (effect) => effect.do === 'begin' && effect.by === event.by,
    );
    this.#hold(2, begun.length === 0, 'begins for a no');
    const others = before.turns.filter(
      (turn) => turn.by !== event.by && turn.parts.length > 0,
    );
    const isToldOf = (id: Id) => effects.some((effect) => isTurnFailure(effect, id));
    const lost = others.filter(({ id }) => {
      return !after.turns.some((turn) => turn.id === id) && !isToldOf(id);
    });
    this.#hold(3, lost.length === 0 || isSessionOver(after), lost[0]?.by);
  }

  #checkFloor({ after, effects, event }: SimulatedStep) {
    const { current, waiting } = after.turnQueue;
    const all = [...waiting, ...(current ? [current.id] : [])];
    this.#hold(10, new Set(all).size === all.length, 'stands twice');
    const known = [...after.turns, ...after.turnQueue.announcements].map(
      ({ id }) => id,
    );
    this.#hold(
      10,
      all.every((id) => known.includes(id)),
      'nothing stands there',
    );
    const turnStates = after.turns.filter(
      ({ openSpeech, parts }) => openSpeech.length === 0 && parts.length > 0,
    );
    const lost = turnStates.find(({ id }) => !all.includes(id));
    this.#hold(8, lost === undefined, `turn ${lost?.id} stands nowhere`);
    this.#atMs.free = current
      ? Number.POSITIVE_INFINITY
      : Math.min(this.#atMs.free, event.atMs);
    const isIdle = current === undefined && isLinkUp(after) && !isBarred(after);
    this.#hold(24, !isIdle || waiting.length === 0, waiting[0]);
    const notice = after.turnQueue.announcements.find(({ when }) => when === 'pause');
    this.#hold(
      39,
      !isIdle || !isQuiet(after) || notice === undefined,
      `notice ${notice?.id}`,
    );
    const cue = effects.find((effect) => effect.do === 'cue' && effect.cue !== 'error');
    this.#hold(40, cue === undefined || !isAnybodyTalking(after));
    const cut = effects.find((effect) => effect.do === 'cut');
    this.#hold(12, cut === undefined || event.kind !== 'began');
    this.#checkSilence({ after, effects, event });
  }

  #checkSilence({
    after,
    effects,
    event,
  }: Pick<SimulatedStep, 'after' | 'effects' | 'event'>) {
    if (event.kind === 'stop') {
      this.#atMs.silent = event.atMs;
      this.#hold(11, after.turnQueue.waiting.length === 0, 'waits');
      const running = after.tools.runs
        .filter(({ ref }) => ref !== undefined)
        .filter(({ turn }) => after.turns.some(({ id }) => id === turn));
      this.#hold(11, running.length === 0, running[0]?.tool);
    }
    const isNew = effects.some(
      (effect) => effect.do === 'play' || effect.do === 'speak',
    );
    if (isNew) this.#atMs.silent = Number.POSITIVE_INFINITY;
    const phase = floorPhase(after);
    const isSilent =
      (phase !== 'sounding' && phase !== 'finishing') || isStarving(after);
    const cue = effects.find((effect) => effect.do === 'cue' && effect.cue !== 'error');
    this.#hold(29, cue === undefined || isSilent);
  }

  #checkReplies(taken: SimulatedStep) {
    const { after, before, effects, event } = taken;
    if (event.kind === 'audible') this.#checkAudible(event.reply, before);
    for (const effect of effects) {
      if (effect.do === 'begin') this.#noteBegin(effect, before, after);
      if (effect.do === 'play') this.#checkPlay(effect, after);
      if (effect.do === 'speak') this.#checkSpeak(effect, before, after);
    }
    this.#checkSaying(taken);
    this.#checkSupposed(taken);
  }

  #checkSupposed({ after, effects, event }: SimulatedStep) {
    const isNew = effects.some(
      (effect) => effect.do === 'play' || effect.do === 'speak',
    );
    if (isNew || !after.turnQueue.current) this.#reach.clear();
    if (event.kind === 'halted') this.#reach.set(event.kind, event.heard);
    if (event.kind === 'whole') this.#reach.set(event.kind, event.text);
    const texts = [...this.#reach.values()];
    for (const { answer } of after.turns) {
      const transcript =
        answer?.supposedExchange && this.#supposed.get(answer.id)?.heard;
      this.#hold(
        55,
        transcript === undefined || texts.includes(transcript),
        transcript,
      );
    }
  }

  #checkSaying({ after, before, effects, event }: SimulatedStep) {
    const kinds = new Set(effects.map((effect) => effect.do));
    const isSaid = kinds.has('play') || kinds.has('speak');
    const isLinked = isLinkUp(after) || kinds.has('cut') || kinds.has('discard');
    this.#hold(26, !isSaid || (isLinked && !isSessionOver(after)), 'says');
    this.#hold(26, !kinds.has('speak') || !isBarred(after), 'speaks');
    const isMade = kinds.has('begin') && event.kind !== 'restricted';
    this.#hold(26, !isMade || !isSessionOver(before), 'begins');
  }

  #checkSpeak(
    { announcement }: EffectOf<'speak'>,
    stateBefore: ConversationState,
    stateAfter: ConversationState,
  ) {
    const isNotice = stateBefore.turnQueue.announcements.some(
      ({ id, when }) => id === announcement && when === 'pause',
    );
    this.#hold(25, !isNotice || isQuiet(stateAfter), 'a notice');
  }

  #noteBegin(
    { answer, supposed }: EffectOf<'begin'>,
    stateBefore: ConversationState,
    stateAfter: ConversationState,
  ) {
    const shownExchanges = [
      ...listNewExchanges(stateBefore, stateAfter),
      ...(supposed ? [supposed] : []),
    ];
    const people = shownExchanges.map((exchange) => exchange.by);
    if (supposed) this.#supposed.set(answer, supposed);
    this.#shown.set(answer, people);
    const refused = people.find((personId) => this.consent.refusals.has(personId));
    this.#hold(20, refused === undefined, refused);
  }

  /** An answer that was played before a no must not begin to sound after it. */
  #checkAudible(reply: Id, stateBefore: ConversationState) {
    if (
      floorPhase(stateBefore) !== 'making' ||
      stateBefore.turnQueue.current?.reply !== reply
    )
      return;
    const shownTexts = this.#shown.get(reply) ?? [];
    const refused = shownTexts.find((by) => this.consent.refusals.has(by));
    this.#hold(20, refused === undefined, `${refused} in an answer that begins`);
  }

  #checkPlay({ answer }: EffectOf<'play'>, stateAfter: ConversationState) {
    const turn = stateAfter.turns.find((turnState) => turnState.answer?.id === answer);
    if (!turn?.answer) return;
    this.#hold(21, turn.openSpeech.length === 0, 'plays before its end');
    const shownTexts = this.#shown.get(answer) ?? [];
    this.#hold(
      20,
      !shownTexts.some((by) => this.consent.refusals.has(by)),
      'plays forgotten words',
    );
    const supposed = this.#supposed.get(answer);
    const isSo = stateAfter.history.exchanges.some(
      ({ by, heard }) => by === supposed?.by && heard === supposed.heard,
    );
    this.#hold(54, supposed === undefined || isSo, supposed?.heard);
    const utterance = turn.parts.map((part) => part.words).join(' ');
    const isWhole = turn.answer.lastUtterance === (turn.parts.at(-1)?.utterance ?? 0);
    const isSame =
      turn.answer.words === undefined
        ? isWhole
        : toPlain(turn.answer.words) === toPlain(utterance);
    this.#hold(21, isSame, `${turn.answer.words} for ${utterance}`);
  }

  #checkMoney(world: Simulation) {
    for (const by of world.plan.people)
      this.#hold(
        18,
        world.spentOf(toPersonId(by)) <= world.capNanoUsd,
        `${by}: ${world.spentOf(toPersonId(by))} of ${world.capNanoUsd}`,
      );
  }

  #checkWaits({ after, event }: SimulatedStep) {
    const { maxWaitMs } = rules.queue;
    const waiting = after.turns.filter(({ id }) =>
      after.turnQueue.waiting.includes(id),
    );
    const late = waiting.find(({ endedMs }) => event.atMs - endedMs >= maxWaitMs);
    this.#hold(23, late === undefined, late?.id);
  }

  #checkPlace({ after, event }: SimulatedStep) {
    const wakeMs = getWakeTime(after, rules);
    this.#hold(28, wakeMs > event.atMs, wakeMs);
  }

  /** Time has passed. */
  checkTime(world: Simulation) {
    const nowMs = world.clock.nowMs();
    const state = this.#last;
    const isTried =
      this.seats.isCalled || (state && isLinkTried(state, world.isOpening));
    if (!state || isSessionOver(state) || isTried) this.#atMs.tried = nowMs;
    this.#note(() => {
      this.#hold(27, nowMs <= this.#atMs.tried + maxTryMs);
      this.#packets.checkTime(world);
      this.seats.notePeople(world);
      if (!state || isSessionOver(state)) return;
      this.#sound.checkTime(world, state);
      this.#cost.checkTime(world, state);
      this.#border.checkTime(world, state);
      this.#frames.checkTime(world, state);
      this.#progress.checkTime(world, state);
      this.seats.checkTime(world, state);
    });
    this.throwFinding();
  }

  /** The bot asks Discord for a seat. Null: it gives its seat up. */
  checkSeatAsked(world: Simulation, channelId: string | null, state = this.#last) {
    this.#note(() => this.seats.checkAsked(world, channelId, state));
  }

  /** A seat is stored as alive. */
  checkSeatAlive(nowMs: number) {
    this.#note(() => this.seats.checkAlive(nowMs));
  }

  /** The bot has told a person that it has forgotten them, and keeps these settings of the person in memory. */
  checkForgotten(by: string, settings: object) {
    this.#note(() => this.#hold(89, Object.keys(settings).length === 0, by));
  }

  /** A process has begun, for which a person has spent so many billionths of a dollar today. */
  checkInherited(world: Simulation, by: string, nanoUsd: number) {
    this.#note(() => this.#money.checkInherited(world, by, nanoUsd));
  }

  /** Something is about to happen in the world. */
  noteAct(world: Simulation, act: Act) {
    this.seats.noteAct(world, act);
    // Killed meanwhile, the bot may have forgotten who was not told so.
    if (act.kind === 'forget') this.#money.noteForgotten(act.by);
    this.#bugs.noteAct(act, world.clock.nowMs());
  }

  /** A step was given an effect with a bug, whose last effect was or was not performed. */
  checkBug(arePerformed: boolean, state: ConversationState, nowMs: number) {
    this.#note(() => this.#bugs.checkBug(arePerformed, state, nowMs));
  }

  /** A packet comes to the conversation. */
  checkPacket(packet: Packet, sayings: readonly SaidWords[], nowMs: number) {
    this.#note(() => this.incoming.checkPacket(packet, sayings, nowMs));
  }

  /** A frame leaves. */
  checkFrame(opus: Buffer, atMs: number) {
    this.#note(() => this.#frames.checkLeft(opus, atMs));
  }

  /** A recogniser gets sound of this person. What was said before a pause is recognised during it. */
  checkRecogniser(by: string) {
    this.#note(() =>
      this.#hold(1, !this.consent.refusals.has(by), `recogniser of ${by}`),
    );
  }

  /** A packet of a person has come to the bot's call. */
  noteDelivered(packet: Packet, atMs: number, call: object | undefined) {
    this.#packets.noteDelivered(packet, atMs, call);
  }

  /** The bot decodes a packet of a person. */
  checkDecoded(opus: Uint8Array, by: string | undefined) {
    this.#note(() => this.#packets.noteDecoded(opus, by));
  }

  /** A model gets a prompt. Only who said no, and asks in writing, is in it after a no. */
  checkPrompt(world: Simulation, answer: number, messages: readonly ChatMessage[]) {
    const names = messages.flatMap((message) =>
      'name' in message ? message.name.toLowerCase() : [],
    );
    const asker = names.at(-1);
    const refused = names.find((by) => by !== asker && this.consent.refusals.has(by));
    this.#note(() => {
      this.#hold(48, refused === undefined, `words of ${refused} in a prompt`);
      this.#money.checkPrompt(world, answer, messages);
    });
  }

  /** A text leaves to be spoken. */
  checkSpoken(world: Simulation, text: string) {
    this.#note(() => {
      this.#money.checkSpoken(world, text);
      this.#voice.checkAsked(text);
    });
  }

  /** The voice has ended a text, or failed. */
  noteVoiceOver(text: string, hasFailed: boolean) {
    this.#voice.noteOver(text, hasFailed);
  }

  /** Somebody was answered in the end. */
  checkAnswered(by: string, sinceMs: number) {
    this.throwFinding();
    this.#hold(52, (this.#answeredMs.get(by) ?? 0) > sinceMs, by);
  }

  /** A frame with the bot's voice leaves. */
  checkVoice(world: Simulation, frame: VoiceFrame, atMs: number) {
    this.#note(() => {
      if (this.#last) this.#sound.noteLeft(world, frame, atMs, this.#last);
      this.#hold(10, atMs <= this.#atMs.free + maxLateMs, 'a voice without a reply');
      this.#hold(11, atMs <= this.#atMs.silent + maxLateMs, 'a voice after a stop');
    });
  }

  checkEvent(event: SessionEvent, sayings: readonly SaidWords[]) {
    if (event.kind === 'failed')
      this.#note(() => this.#hold(34, isExpectedFailure(event), event.message));
    if (event.kind !== 'recognised') return;
    const isSaid = sayings.some(
      ({ by, text }) => by === event.speakerId && event.text.includes(text),
    );
    this.#note(() => this.#hold(35, isSaid, event.text));
  }

  /** Something failed in a place that nobody waits for: it is thrown by the next check. */
  fail(error: unknown) {
    this.#failure ??= error;
  }

  #note(check: () => void) {
    try {
      check();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whether nothing is left. */
  isAtRest(world: Simulation) {
    try {
      this.checkRest(world);
      return true;
    } catch {
      return false;
    }
  }

  /** After a long rest. */
  checkRest(world: Simulation) {
    this.throwFinding();
    const { engines, reserved, state, waitingRequests } = world;
    if (state) this.#checkFloorAtRest(state);
    this.#border.checkRest(world);
    this.#hold(32, waitingRequests === 0, 'a typed question');
    this.#hold(32, engines.countLeft === 0, engines.listRunning[0]?.port);
    this.#hold(32, reserved === 0, 'a reservation');
  }

  /** After a long rest, once nothing but what is needed is kept. */
  async checkMemory(world: Simulation) {
    await this.#memory.check(world);
  }

  #checkFloorAtRest({ turnQueue, turns }: ConversationState) {
    this.#hold(32, turns.length === 0, `turn ${turns[0]?.id}`);
    this.#hold(32, !turnQueue.current && turnQueue.waiting.length === 0, 'the floor');
    this.#ends.checkRest();
  }

  /** After the end of the process. */
  checkEnd(world: Simulation) {
    this.checkRest(world);
    this.#hold(33, !this.#last || isSessionOver(this.#last), 'it is not over');
    this.#hold(33, !this.#last?.tools.runs.length, 'a tool');
  }
}
