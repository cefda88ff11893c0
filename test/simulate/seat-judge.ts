import type { ConversationState } from '#src/conversation/machine/state.ts';
import type { MoveAgreement } from '#src/sessions/move-requests.ts';
import { den, lounge } from '#test/conversation/setup/session-fixture.ts';
import { isLinkUp, isSessionOver } from './conversation-view.ts';
import { type Act, type ActKind, everybody } from './simulated-scenes.ts';
import type { Hold, SimulatedStep } from './simulated-step.ts';
import type { Simulation } from './simulation-world.ts';

/** Time, in ms, from the check for company to the request for a seat: the leave before it, and the pace of joins. */
const maxAskMs = 12_000;
/** Longest time, in ms, from a seat that Discord gives to the call. */
const maxLoginMs = 5_000;
/** Longest time, in ms, in which a link without a seat is left. */
const maxUnseatedMs = 3_000;
/** Time, in ms, for which the bot may count people who have gone. */
const maxGoneMs = 1_500;
/** Time, in ms, in which the bot is known to have been sent away. */
const maxToldMs = 3_000;
/** Longest time, in ms, for which a lost link is not known to be lost. */
const maxLostMs = 20_000;
/** Rests that Discord asks for, in ms: https://docs.discord.com/developers/topics/opcodes-and-status-codes#voice-voice-close-event-codes */
const [firstRestMs, maxRestMs] = [60_000, 900_000];
/** Time, in ms, for which trouble may end a link, and within which sound has to come where no answer does. */
const [maxTroubleMs, maxSilenceMs] = [40_000, 50_000];

/** Time, in ms, after which a link that is up has opened. */
const minUpMs = 3_000;
/** Longest time, in ms, from one look at a link to the next: its own checks come oftener. */
const maxStepMs = 1_000;

/** Acts after which the bot may have to leave a channel, or to join it anew. */
const troubling: ReadonlySet<ActKind> = new Set([
  'agree',
  'bug',
  'call',
  'go',
  'go-to-den',
  'go-to-lounge',
  'kill',
  'leave',
  'lose-link',
  'move',
  'move-server',
  'no-seats',
  'rate-limit',
  'relogin',
  'restart',
  'socket-freezes',
  'stand-still',
  'udp-dies',
]);

/** Judges by the bot's seats when it joins, comes back, stays and leaves. */
export class SeatJudge {
  readonly #hold;
  /** Calls that go on, and whether the bot was told to leave since the last one. */
  #calls = 0;
  #isDismissed = false;
  /** Latest instants, in ms, at which people sat in each channel, and each person with the bot. */
  readonly #peopledMs = new Map<string, number>();
  /** The channel in which the bot sits, or sat last. */
  #channelId: string | null = null;
  readonly #togetherMs = new Map<string, number>();
  #restMs = 0;
  /** End, in ms, of the rest that Discord asked for. */
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #seatFromMs = 0;
  #seatedMs = 0;
  #inCallMs = 0;
  #troubleMs = Number.NEGATIVE_INFINITY;
  #upFromMs = 0;
  #upMs = Number.NEGATIVE_INFINITY;

  constructor(hold: Hold) {
    this.#hold = hold;
  }

  /** End, in ms, of the rest that Discord asked for. */
  get restUntilMs(): number {
    return this.#restUntilMs;
  }

  /** Whether somebody calls the bot, and has had no answer. */
  get isCalled(): boolean {
    return this.#calls > 0;
  }

  /** A new process knows of no rest. */
  beginProcess(): void {
    this.#restUntilMs = Number.NEGATIVE_INFINITY;
    this.#isDismissed = false;
  }

  /** Somebody calls the bot, until it has answered. */
  noteCall(call: Promise<unknown>): void {
    this.#isDismissed = false;
    this.#calls++;
    const endCall = () => {
      this.#calls--;
    };
    void call.then(endCall, endCall);
  }

  /** Something is about to happen. */
  noteAct({ clock, discord }: Simulation, { kind }: Act): void {
    const nowMs = clock.nowMs();
    if (troubling.has(kind)) this.#troubleMs = nowMs;
    if (kind === 'leave') this.#isDismissed = this.#calls === 0;
    if (kind !== 'rate-limit' || !discord.voice.current) return;
    const isNew = nowMs - this.#restUntilMs > maxRestMs;
    this.#restMs = isNew ? firstRestMs : Math.min(maxRestMs, this.#restMs * 2);
    this.#restUntilMs = nowMs + this.#restMs;
  }

  /** The bot asks Discord for a seat. Null: it gives its seat up. */
  checkAsked(
    world: Simulation,
    channelId: string | null,
    state: ConversationState | undefined,
  ): void {
    const nowMs = world.clock.nowMs();
    if (channelId === null) {
      this.#checkLeaving(world, state, nowMs);
      return;
    }
    this.#hold(105, !this.#isDismissed, channelId);
    this.#hold(110, nowMs >= this.#restUntilMs, this.#restUntilMs - nowMs);
    const isReturn = this.#calls === 0 && world.channelId === channelId;
    const isPeopled = world.discord.hasPeople(channelId);
    const emptyMs = isPeopled ? 0 : nowMs - (this.#peopledMs.get(channelId) ?? 0);
    this.#hold(106, !isReturn || emptyMs <= maxAskMs, `empty for ${emptyMs} ms`);
  }

  #checkLeaving(
    { discord, plan }: Simulation,
    state: ConversationState | undefined,
    nowMs: number,
  ) {
    const wasUp =
      nowMs - this.#upMs <= maxStepMs && this.#upMs - this.#upFromMs > minUpMs;
    const goesOn = wasUp && state !== undefined && !isSessionOver(state);
    const isHeard =
      plan.answersProbes || nowMs - discord.voice.relayedMs < maxSilenceMs;
    const isWhole = isHeard && nowMs - this.#troubleMs > maxTroubleMs;
    this.#hold(111, !goesOn || !isWhole || discord.isMostlySealed);
  }

  /** The conversation learns something. */
  check({ clock, discord }: Simulation, { event }: SimulatedStep): void {
    const isSentAway = event.kind === 'link-lost' && event.final === 'sent-away';
    this.#hold(109, !isSentAway || clock.nowMs() - discord.sentAwayMs <= maxToldMs);
  }

  /** Time has passed. */
  checkTime(world: Simulation, state: ConversationState): void {
    const { discord } = world;
    const nowMs = world.clock.nowMs();
    this.#hold(107, nowMs - this.#seatFromMs <= maxLoginMs, 'a seat without a call');
    const isUp = isLinkUp(state) && !isSessionOver(state);
    if (!isUp || discord.botChannel !== null) this.#seatedMs = nowMs;
    this.#hold(108, nowMs - this.#seatedMs <= maxUnseatedMs, 'no seat');
    if (isUp) this.#upMs = nowMs;
    else this.#upFromMs = nowMs;
  }

  /** Time has passed, in a session or without one. */
  notePeople({ clock, discord }: Simulation): void {
    const nowMs = clock.nowMs();
    for (const { channelId } of [lounge, den])
      if (discord.hasPeople(channelId)) this.#peopledMs.set(channelId, nowMs);
    this.#channelId = discord.botChannel ?? this.#channelId;
    for (const by of everybody)
      if (discord.isSeatedIn(by, this.#channelId)) this.#togetherMs.set(by, nowMs);
    if (discord.botChannel !== null && discord.voice.current) this.#inCallMs = nowMs;
    const { isCarried, isGroupSettled } = discord.voice;
    if (discord.isMostlySealed || !isCarried || !isGroupSettled)
      this.#troubleMs = nowMs;
    this.#noteIdleSeat(discord, nowMs);
  }

  /** A process may take a while until it asks for its first seat. */
  #noteIdleSeat({ hasIdleSeat, voice }: Simulation['discord'], nowMs: number) {
    if (!hasIdleSeat || voice.isWalledOff) this.#seatFromMs = nowMs;
  }

  /** A seat is stored as alive. */
  checkAlive(nowMs: number): void {
    this.#hold(112, nowMs - this.#inCallMs <= maxLostMs, nowMs - this.#inCallMs);
  }

  /** Somebody agrees to a move, at an instant in ms. */
  async checkAgreement(
    by: string,
    agreement: Promise<MoveAgreement>,
    atMs: number,
  ): Promise<void> {
    const isHere = atMs - (this.#togetherMs.get(by) ?? 0) <= maxGoneMs;
    const { kind } = await agreement;
    this.#hold(113, isHere || kind === 'over', by);
  }
}
