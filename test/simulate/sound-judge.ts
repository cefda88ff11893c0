import { silenceFrame } from '#src/audio/opus/opus-codec.ts';
import type { ConversationEffect } from '#src/conversation/machine/effects.ts';
import type {
  ConversationState,
  Id,
  TurnState,
} from '#src/conversation/machine/state.ts';
import {
  findTurn,
  floorPhase,
  isBotMuted,
  isLinkUp,
  isSounding,
  isStarving,
  listCompany,
} from './conversation-view.ts';
import { type SaidText, splitWords } from './heard-book.ts';
import { unfinishedText } from './simulated-models.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';
import type { VoiceFrame } from './spoken-sound.ts';

/** Time, in ms, in which the conversation learns that a text sounds, and in which a voice falls silent. */
const [knownMs, silentMs] = [100, 60];
/** Time, in ms, after the last packet of anybody from which a voice is at full level. */
const fullMs = 2_500;
/** Longest silence, in ms, of a reply that goes on; and after a "wait". */
const [pauseMs, maxHoldMs] = [6_000, 22_000];
/** Time, in ms, before a reply from which words over it count. */
const overMs = 700;

/** Time, in ms, from which a sound without words may be a question. */
const minQuestionMs = 700;

/** Words that anybody may end an answer with. */
const free = /nova/i;
const stops = /stop|never mind|listen|wait/i;
/** Time, in ms, within which words come. */
const lateWordsMs = 30_000;
const frameMs = 20;

/** Shortest pause, in ms, of which the bot says the cut word again, and the least that it repeats then. */
const [minCutMs, minRepeatedMs] = [200, 40];
/** Time, in ms, from the beginning and from the end of a text, between which a pause cuts a word. */
const [minBeforeCutMs, minAfterCutMs] = [200, 200];

/** Judges that a word which was cut by a pause is said again, by the time that a text takes beside its pauses. */
class RepeatJudge {
  readonly #hold;
  /** A text whose voice has paused, and since when, in ms. */
  #cut: { readonly text: SaidText; readonly fromMs: number } | undefined;
  /** Pauses of each text in ms, added up. */
  readonly #pausedMs = new Map<SaidText, number>();
  #stalledMs = Number.NEGATIVE_INFINITY;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** The voice pauses in a text, or goes on. */
  noteHalted(text: SaidText | undefined, isPaused: boolean, atMs: number): void {
    const cut = this.#cut;
    this.#cut = isPaused && text ? { text, fromMs: atMs } : undefined;
    if (isPaused || !cut || cut.text !== text) return;
    const soundMs = text.frames * frameMs;
    const isMiddle = soundMs > minBeforeCutMs && soundMs < text.ms - minAfterCutMs;
    const ms = atMs - cut.fromMs;
    // What is at the edge, and what was shorter, is not repeated for sure.
    const isSure = isMiddle && ms > minCutMs && !text.isOwnVoice;
    const former = this.#pausedMs.get(text) ?? 0;
    this.#pausedMs.set(text, isSure ? former + ms : Number.NEGATIVE_INFINITY);
  }

  /** Nothing can leave. */
  noteStall(atMs: number): void {
    this.#stalledMs = atMs;
  }

  /** A text has been said whole. */
  checkWhole(text: SaidText): void {
    const pausedMs = this.#pausedMs.get(text);
    this.#pausedMs.delete(text);
    if (pausedMs === undefined || pausedMs < 0) return;
    const isHindered = !text.isMade || this.#stalledMs >= text.firstAtMs;
    const spokenMs = text.lastAtMs - text.firstAtMs + frameMs - pausedMs;
    const repeatedMs = spokenMs - text.ms;
    this.#hold(
      123,
      isHindered || repeatedMs >= minRepeatedMs,
      `${text.text}: ${repeatedMs}`,
    );
  }
}

/** Judges what people hear by the frames that left. */
export class SoundJudge {
  readonly #hold;
  /** Latest instant, in ms, at which a reply was known to sound, and at which its voice left. */
  #knownMs = Number.NEGATIVE_INFINITY;
  #leftMs = Number.NEGATIVE_INFINITY;
  /** Latest "wait" of each person, in ms. */
  readonly #heldMs = new Map<string, number>();
  /** Instants, in ms, at which replies were to end with their clause. */
  readonly #endingMs = new Map<Id, number>();
  /** Instants, in ms, at which answers were begun. */
  readonly #begunMs = new Map<Id, number>();
  /** Instants, in ms, at which replies were known to be audible, of which too little may leave to be told apart. */
  readonly #audibleMs = new Map<Id, number>();
  /** Latest instant, in ms, at which each person was deaf. */
  readonly #deafMs = new Map<string, number>();
  /** Latest instant, in ms, at which Discord let nobody hear the bot. */
  #mutedMs = Number.NEGATIVE_INFINITY;
  /** Replies that began while their asker was there in company. */
  readonly #inCompany = new Set<Id>();
  /** Turns that waited while the bot spoke with others. */
  readonly #waited = new Set<Id>();
  /** Latest instant, in ms, at which each person was understood to mean the bot. */
  readonly #meantMs = new Map<string, number>();

  readonly #repeats;

  constructor(hold: Hold) {
    this.#hold = hold;
    this.#repeats = new RepeatJudge(hold);
  }

  check(world: Simulation, step: SimulatedStep) {
    const { after, effects, event } = step;
    if (event.kind === 'halted') {
      const text = world.heard.listTexts(event.reply).at(-1);
      this.#repeats.noteHalted(text, event.heard !== undefined, event.atMs);
    }
    if (isSounding(after)) this.#knownMs = event.atMs;
    if (event.kind === 'audible') this.#audibleMs.set(event.reply, event.atMs);
    if (isBotMuted(after)) this.#mutedMs = event.atMs;
    for (const { id, isDeaf } of after.presence.people)
      if (isDeaf) this.#deafMs.set(id, event.atMs);
    for (const effect of effects) this.#noteEffect(effect, event.atMs);
    this.#checkBarge(world, step);
    this.#checkOver(world, step);
    this.#checkFirstSound(step);
  }

  #checkFirstSound({ after, event }: SimulatedStep) {
    if (event.kind !== 'audible' || after.turnQueue.current?.reply !== event.reply)
      return;
    const open = after.turns.flatMap(({ openSpeech }) => openSpeech);
    const apart = open.find(
      (utteranceState) => !utteranceState.isEnded && !utteranceState.isOverlapping,
    );
    this.#hold(62, apart === undefined, apart?.id);
  }

  #noteEffect(effect: ConversationEffect, atMs: number) {
    if (effect.do === 'begin') this.#begunMs.set(effect.answer, atMs);
    if (effect.do === 'overheard' && effect.what === 'wait')
      this.#heldMs.set(effect.by, atMs);
    if (effect.do === 'finish-clause') this.#endingMs.set(effect.reply, atMs);
    if (effect.do !== 'fact' || effect.fact.kind !== 'utterance-over') return;
    if (effect.fact.end === 'meant') this.#meantMs.set(effect.fact.by, atMs);
  }

  /** A frame with the bot's voice leaves. */
  noteLeft(
    world: Simulation,
    frame: VoiceFrame,
    atMs: number,
    state: ConversationState,
  ) {
    const { current } = state.turnQueue;
    const text = world.heard.noteLeft(frame, atMs, current?.reply);
    if (!text) return;
    this.#leftMs = atMs;
    if (text.frames === 1) this.#noteCompany(world, state);
    if (isSounding(state)) this.#knownMs = atMs;
    const isHalf = text.frames === 1 && text.text.includes(unfinishedText);
    const texts = world.heard.listTexts(text.reply ?? -1);
    const isFirst = texts.length === 1;
    const former = texts.at(-2);
    if (text.frames === 1 && former) this.#repeats.checkWhole(former);
    this.#hold(86, !isHalf || isFirst || text.isOwnVoice, text.text);
    const unknownMs = atMs - Math.max(this.#knownMs, text.firstAtMs);
    this.#hold(37, unknownMs <= knownMs, `${text.text}, reply ${current?.reply}`);
    const isQuiet = atMs - world.talkedMs > fullMs;
    this.#hold(41, !frame.isDucked || !isQuiet, text.text);
    const endingMs = this.#endingMs.get(text.reply ?? -1) ?? Number.POSITIVE_INFINITY;
    this.#hold(47, text.isOwnVoice || text.firstAtMs <= endingMs + silentMs, text.text);
    this.#hold(48, atMs <= world.refusedMs(text.text) + silentMs, text.text);
  }

  /** Time has passed. */
  checkTime(world: Simulation, state: ConversationState) {
    const { current } = state.turnQueue;
    const nowMs = world.clock.nowMs();
    const isToSound = floorPhase(state) === 'sounding' && !isStarving(state);
    if (!isToSound || world.isStalled) this.#leftMs = nowMs;
    if (world.isStalled) this.#repeats.noteStall(nowMs);
    const isHeld = state.presence.people.some(
      ({ id }) => nowMs - (this.#heldMs.get(id) ?? -maxHoldMs - 1) <= maxHoldMs,
    );
    const isQuiet = nowMs - Math.max(world.talkedMs, this.#leftMs) <= pauseMs;
    this.#hold(51, isQuiet || isHeld, current?.reply);
  }

  /** The first text of a reply begins to sound. */
  #noteCompany({ heard }: Simulation, state: ConversationState) {
    const { current } = state.turnQueue;
    if (!current || heard.listTexts(current.reply).length > 1) return;
    const turn = current && findTurn(state, current.reply);
    const isThere = state.presence.people.some(({ id }) => id === turn?.by);
    if (current && isThere && listCompany(state) > 1)
      this.#inCompany.add(current.reply);
  }

  /** Only who is answered, and who calls the bot, ends an answer by talking. */
  #checkBarge(world: Simulation, { before, event }: SimulatedStep) {
    if (event.kind !== 'barged' || before.turnQueue.current?.reply !== event.reply)
      return;
    const asker = findTurn(before, event.reply)?.by;
    const texts = world.heard.listTexts(event.reply);
    const audibleMs = this.#audibleMs.get(event.reply) ?? event.atMs;
    const fromMs = Math.min(texts[0]?.firstAtMs ?? audibleMs, audibleMs) - overMs;
    const sayings = world.said.filter(({ toMs }) => toMs >= fromMs);
    // Words may come late, and a stop counts then, too.
    const isStopped = world.said.some(
      ({ text, toMs }) => toMs >= event.atMs - lateWordsMs && stops.test(text),
    );
    const isMeant = (by: string) => (this.#meantMs.get(by) ?? -1) >= fromMs;
    const mayEnd =
      isStopped ||
      sayings.some(
        (saying) =>
          (saying.by === asker && !isCough(saying)) ||
          free.test(saying.text) ||
          isMeant(saying.by),
      );
    this.#hold(46, mayEnd, `${event.action}: ${sayings.map(({ text }) => text)}`);
  }

  #checkOver(world: Simulation, { before, event }: SimulatedStep) {
    if (event.kind !== 'over' || before.turnQueue.current?.reply !== event.reply)
      return;
    const { heard, reply } = event;
    const turn = findTurn(before, reply);
    const last = world.heard.listTexts(reply).at(-1);
    if (last && event.finish === 'completed') this.#repeats.checkWhole(last);
    // A voice that has failed too often is not asked any more, and the answer is written.
    const isWritten = event.finish === 'failed' && event.stage === 'speak';
    if (turn && !isWritten) this.#checkHeard(world, turn, reply, heard);
    this.#noteWaits(before, turn, heard !== '');
    world.heard.forgetReply(reply);
  }

  #checkHeard(world: Simulation, turn: TurnState, reply: Id, transcript: string) {
    const begunMs = this.#begunMs.get(reply) ?? 0;
    const isForDeaf = (this.#deafMs.get(turn.by) ?? -1) >= begunMs;
    // What the voice failed to say, or there was no money for, is written and counts as known.
    const isUnsaid = world.engines.unsaidMs >= begunMs;
    // What nobody could hear is written, and counts as known, too.
    const isMute = this.#mutedMs >= begunMs;
    if (isForDeaf || isMute || isUnsaid || world.hasLowCap) return;
    const mismatch = world.heard.findMismatch(reply, transcript);
    this.#hold(42, mismatch === undefined, mismatch);
    const [first] = world.heard.listTexts(reply);
    const isCalled = first && splitWords(first.text).includes(turn.by);
    const mustCall = first && this.#waited.has(turn.id) && this.#inCompany.has(reply);
    this.#hold(44, !mustCall || isCalled === true, `${turn.by}: ${first?.text}`);
  }

  #noteWaits(
    { turnQueue, turns }: ConversationState,
    turnState: TurnState | undefined,
    isHeard: boolean,
  ) {
    const { announcements, current, waiting } = turnQueue;
    const announcement = announcements.find(({ id }) => id === current?.id);
    if (!isHeard || announcement) return;
    for (const { by, id } of turns)
      if (waiting.includes(id) && by !== turnState?.by) this.#waited.add(id);
  }
}

/** Whether somebody made a sound that is no word, and too short for a question. */
function isCough({ fromMs, text, toMs }: SaidWords) {
  return text === '' && toMs - fromMs < minQuestionMs;
}

/** Frames that may leave within the time of one, after a timer that came late. */
const maxFramesAtOnce = 5;
/** Frames of silence that end a sound: https://docs.discord.com/developers/topics/voice-connections#voice-data-interpolation */
const silenceFrames = 5;
/** Time, in ms, in which a voice socket resumes, while frames wait. */
const maxResumeMs = 3_000;

/** Judges the pace of frames that leave, and how sound ends. */
export class FrameJudge {
  readonly #hold;
  #burstFromMs = 0;
  #framesAtOnce = 0;
  #silentFrames = silenceFrames;
  #leftMs = 0;
  /** The call in which frames leave. */
  #call: object | undefined;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** A frame leaves. */
  checkLeft(opus: Buffer, atMs: number): void {
    if (atMs - this.#burstFromMs >= frameMs) {
      this.#burstFromMs = atMs;
      this.#framesAtOnce = 0;
    }
    this.#framesAtOnce++;
    this.#hold(100, this.#framesAtOnce <= maxFramesAtOnce, this.#framesAtOnce);
    this.#silentFrames = opus.equals(silenceFrame) ? this.#silentFrames + 1 : 0;
    this.#leftMs = atMs;
  }

  /** Time has passed. */
  checkTime({ clock, discord, isStalled }: Simulation, state: ConversationState): void {
    const { current } = discord.voice;
    // A link that ends takes what is owed along.
    const isOver = !isLinkUp(state) || current !== this.#call;
    if (isStalled || isOver) this.#silentFrames = silenceFrames;
    this.#call = current;
    const isLate = clock.nowMs() - this.#leftMs > maxResumeMs;
    this.#hold(101, !isLate || this.#silentFrames >= silenceFrames, this.#silentFrames);
  }
}
