import type { Packet } from '#src/audio/packet.ts';
import { BotError } from '#src/base/errors.ts';
import { chatWithFallbacks } from '#src/chat/metered-chat.ts';
import { step } from '#src/conversation/machine/step.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { ProviderRole } from '#src/provider/provider-news.ts';
import {
  synthesizerWithFallbacks,
  transcriberWithFallbacks,
} from '#src/speech/fallbacks/speech-fallbacks.ts';
import type { RawEngines } from '#src/spending/paid-engine.ts';
import type { StepFunction } from '#test/conversation/machine/play-case.ts';
import { recordMessages } from '#test/conversation/setup/recorders.ts';
import {
  den,
  lounge,
  openSessionFixture,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { chainOf } from '#test/fakes/fallbacks.ts';
import { FakeLinkOpener } from '#test/fakes/link.ts';
import { dollars, openBudgets } from '#test/fakes/spending.ts';
import { type Said, SimulatedEngines } from './engines.ts';
import type { Invariants, SimulatedStep } from './invariants.ts';
import { type FailingCall, Luck } from './luck.ts';
import { type Act, everybody } from './script.ts';
import { isVoice, simulatedCodec, spokenPackets } from './spoken-sound.ts';

export type SimulationSetup = {
  readonly seed: number;
  readonly judge: Invariants;
  readonly step?: StepFunction | undefined;
  readonly failing?: FailingCall | undefined;
  /** True: each reservation keeps a part for ever. A planted fault. */
  readonly leaksReservations?: boolean | undefined;
  /** Text that the recogniser gives in place of the words. A planted fault. */
  readonly misheard?: string | undefined;
};

const guildId = lounge.guildId;
const gridMs = 20;
/** Daily cap of a person, in US dollars: enough for the talk, or, for each fourth seed, not. */
const [usualCapUsd, lowCapUsd] = [1, 0.01];
const people: readonly ChannelMember[] = everybody.map((id) => ({
  id,
  name: `${id.charAt(0).toUpperCase()}${id.slice(1)}`,
  isBot: false,
  roleIds: [],
}));

/** A voice channel with people, Discord, engines and stores around the real conversation, in virtual time. */
export class Simulation {
  readonly clock = new VirtualClock();
  readonly engines: SimulatedEngines;
  readonly #luck: Luck;
  readonly #judge: Invariants;
  readonly #leaksReservations: boolean;
  readonly #hasFallbacks: boolean;
  readonly #run: StepFunction;
  #fixture: SessionFixture;
  readonly #opener: SimulatedLinkOpener;
  readonly #messages;
  readonly #budgets;
  readonly #ledger;
  readonly #said: Said[] = [];
  #packets: Packet[] = [];
  readonly #busyUntilMs = new Map<string, number>();
  readonly #requests = new Set<AbortController>();
  #taken: SimulatedStep | undefined;
  #isSounding = false;
  #isCaptioned = false;
  readonly #store = { isBroken: false };
  readonly capNanoUsd: number;
  steps = 0;

  constructor(setup: SimulationSetup) {
    const { failing, judge, leaksReservations = false, misheard, seed, step: run = step } = setup;
    this.#judge = judge;
    this.#leaksReservations = leaksReservations;
    this.#luck = new Luck(seed, failing);
    this.#hasFallbacks = seed % 3 === 0;
    const saidOf = (number: number) => this.#said[number];
    const onHeard = (by: string) => judge.checkRecogniser(by);
    this.engines = new SimulatedEngines(this.clock, this.#luck, saidOf, onHeard);
    this.engines.misheard = misheard;
    this.#opener = new SimulatedLinkOpener(people, this.clock, this.#luck);
    this.#messages = recordMessages();
    this.capNanoUsd = dollars(seed % 4 === 0 ? lowCapUsd : usualCapUsd);
    const { budgets, ledger } = openBudgets(this.clock, { caps: { personDay: this.capNanoUsd } });
    this.#ledger = ledger;
    this.#budgets = budgets;
    this.#run = run;
    this.#fixture = this.#open();
    for (const one of Object.values(this.#fixture.stores).filter(Boolean)) {
      Object.defineProperty(one, 'trouble', { get: () => this.#troubleOfStore() });
    }
  }

  #open(former?: SessionFixture): SessionFixture {
    return openSessionFixture(
      {
        ...this.#servers(),
        tools: this.engines.tools,
        codec: simulatedCodec,
        linkOpener: this.#opener,
        addressing: 'auto',
        spending: this.#budgets,
        messages: this.#slowMessages(),
        onEvent: (_guildId, event) => this.#judge.checkEvent(event, this.#said),
        decide: (...given) => this.#decide(given),
        ...(former && { stores: former.stores, transcripts: former.transcripts }),
      },
      people,
      this.clock,
    );
  }

  /** For each third seed each role has a fallback, and breakers. */
  #servers(): Pick<RawEngines, 'chat' | 'synthesizer' | 'transcriber'> {
    const { chat, synthesizer, transcriber } = this.engines;
    if (!this.#hasFallbacks) return { chat, synthesizer, transcriber };
    const twice = <Engine>(role: ProviderRole, engine: Engine) =>
      chainOf(role, [engine, engine], this.clock).chain;
    return {
      chat: chatWithFallbacks(twice('chat', chat)),
      synthesizer: synthesizerWithFallbacks(twice('text to speech', synthesizer)),
      transcriber: transcriberWithFallbacks(twice('speech to text', transcriber), false),
    };
  }

  /** Everybody has agreed, and Ana calls the bot. */
  async begin() {
    for (const id of everybody) await this.#fixture.consents.write(guildId, id, { kind: 'always' });
    await this.#waitFor(this.#fixture.sessions.join(lounge, 'ana'));
  }

  get state() {
    return this.#fixture.sessions.session(guildId)?.context.talk.state;
  }

  /** Money that a person has spent or that is reserved for them, in billionths of a dollar. */
  costOf(by: string) {
    const spent = this.#ledger.shareOf(guildId, by, this.clock.wallMs()).nanoUsd;
    return spent + this.#ledger.reserved(guildId, by);
  }

  get reserved() {
    return this.#ledger.reserved(guildId);
  }

  /** Number of typed questions that were not told of their end. */
  get waitingRequests() {
    return this.#requests.size;
  }

  get isOpening() {
    return this.#opener.opening > 0;
  }

  /** Lets time pass on the grid of frames, or faster while nothing is heard. */
  async advance(untilMs: number) {
    while (this.clock.nowMs() < untilMs) {
      await this.clock.advance(this.#nextMs(untilMs) - this.clock.nowMs());
      this.#checkTaken();
      this.#arrive();
      this.#tick();
      this.#checkTaken();
      this.#judge.checkTime(this);
    }
  }

  async act(one: Act) {
    if (one.kind === 'restart') await this.#restart();
    else this.#perform(one);
    await this.clock.advance(0);
    this.#checkTaken();
  }

  /** Another process goes on with the stores, once they hold each no. */
  async #restart() {
    const stored = await this.#fixture.consents.read(guildId).catch(() => undefined);
    const isKept = (by: string) => stored?.get(by)?.kind !== 'always';
    if (!stored || ![...this.#judge.consent.refusals].every(isKept)) return;
    await this.end(true);
    this.#isSounding = false;
    this.#fixture = this.#open(this.#fixture);
    await this.#waitFor(this.#fixture.sessions.join(lounge, 'ana'));
  }

  /** The bot leaves, or its process ends. */
  async end(isStopped: boolean) {
    const { sessions } = this.#fixture;
    const drainMs = 8_000;
    if (isStopped) await this.#waitFor(sessions.drain(drainMs));
    else await this.#waitFor(sessions.leave(guildId));
    await this.#waitFor(sessions[Symbol.asyncDispose]());
    this.#checkTaken();
  }

  #decide([state, event, rules]: Parameters<StepFunction>) {
    this.#checkTaken();
    const { effects, state: after } = this.#run(state, event, rules);
    this.steps++;
    this.#taken = { event, before: state, after, effects };
    const isDropped = effects.some((one) => one.do === 'discard');
    if (isDropped && this.#leaksReservations) this.#ledger.reserve(guildId, undefined, 1);
    return { effects, state: after };
  }

  /** The effects of a step are performed before it is judged. */
  #checkTaken(): void {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken) this.#judge.check(this, taken);
  }

  /** Time passes until the promise is kept. */
  async #waitFor(promise: Promise<unknown>) {
    let isOver = false;
    void promise.finally(() => {
      isOver = true;
    });
    while (!isOver) await this.advance(this.clock.nowMs() + gridMs);
    await promise;
  }

  #nextMs(untilMs: number): number {
    const nextMs = this.clock.nowMs() + gridMs;
    const isQuiet = !this.#isSounding && this.#packets.length === 0;
    if (!isQuiet) return nextMs;
    const dueMs = Math.ceil(Math.min(this.clock.nextDueMs, untilMs) / gridMs) * gridMs;
    return Math.max(nextMs, dueMs);
  }

  #arrive(): void {
    const nowMs = this.clock.nowMs();
    const due = this.#packets.filter(({ atMs }) => atMs <= nowMs);
    if (due.length === 0) return;
    this.#packets = this.#packets.filter(({ atMs }) => atMs > nowMs);
    for (const packet of due) {
      const isHere = this.#opener.people.some(({ id }) => id === packet.speakerId);
      if (isHere) this.#opener.current?.arrive(packet);
    }
  }

  #tick(): void {
    const link = this.#opener.current;
    if (!link) return;
    this.#isSounding = false;
    link.onLeft = (frame, atMs) => {
      this.#isSounding = true;
      if (isVoice(frame)) this.#judge.checkVoice(atMs);
    };
    link.tick(this.clock.nowMs());
  }

  #perform(one: Act): void {
    const { by, kind, text } = one;
    const { privacy, sessions, settings, talk } = this.#fixture;
    const pause = (isPaused: boolean) => sessions.pauseHearing(guildId, isPaused);
    const mute = (on: boolean) => sessions.news(guildId, { kind: 'muted', on });
    const acts: Readonly<Record<Act['kind'], () => unknown>> = {
      restart: () => undefined,
      say: () => this.#say(by, text),
      breathe: () => this.#say(by, ''),
      typed: () => this.#ask(by, text),
      read: () => talk.say(guildId, text, 'queue'),
      'take-back': () => [...this.#requests][0]?.abort(),
      notify: () => this.#notify(by, text),
      stop: () => talk.stop(guildId),
      window: () => talk.openAskWindow(guildId, by),
      press: () => this.#press(by),
      no: () => this.#answer(by, false, privacy.deny(guildId, by)),
      yes: () => this.#answer(by, true, privacy.allow(guildId, by)),
      forget: () => this.#answer(by, false, privacy.forget(guildId, by)),
      pause: () => pause(true),
      resume: () => pause(false),
      mute: () => mute(true),
      unmute: () => mute(false),
      go: () => this.#seat(by, false),
      come: () => this.#seat(by, true),
      bar: () => settings.set(guildId, 'blocked', `<@${by}>`),
      unbar: () => settings.set(guildId, 'blocked', ''),
      'lose-link': () => this.#opener.current?.lose(),
      move: () => this.#move(),
      call: () => sessions.join(lounge, by),
      captions: () => this.#caption(),
      'break-store': () => Object.assign(this.#store, { isBroken: true }),
      'mend-store': () => Object.assign(this.#store, { isBroken: false }),
      'set-clock': () => this.clock.setWall(one.atMs % 2 === 0 ? 7_200_000 : -7_200_000),
    };
    void Promise.resolve(acts[kind]()).catch((error: unknown) => this.#judge.fail(error));
  }

  /** One voice of each person at a time. */
  #say(by: string, text: string): void {
    const nowMs = this.clock.nowMs();
    if ((this.#busyUntilMs.get(by) ?? 0) > nowMs) return;
    const number = this.#said.push({ by, text }) - 1;
    const packets = spokenPackets(by, { number, text }, nowMs);
    this.#busyUntilMs.set(by, (packets.at(-1)?.atMs ?? nowMs) + gridMs);
    this.#packets.push(...packets);
  }

  #answer(by: string, isYes: boolean, saved: Promise<unknown>): Promise<unknown> {
    this.#judge.consent.answer(by, isYes);
    return saved;
  }

  async #ask(by: string, text: string) {
    const over = new AbortController();
    const { signal } = over;
    this.#requests.add(over);
    await this.#fixture.talk.ask(guildId, text, { id: by, name: by }, 'voice', { signal });
    this.#requests.delete(over);
  }

  #notify(personId: string, text: string): void {
    const queue = this.#fixture.sessions.session(guildId)?.context.queue;
    const words = () => text;
    queue?.put({ words, language: 'en', personId, longestWaitMs: 20_000, ended: () => undefined });
  }

  async #press(by: string) {
    const button = this.#messages.offered.at(-1)?.split(':')[1] ?? '';
    await this.#fixture.confirmations.confirm(guildId, button, by);
  }

  #seat(by: string, isThere: boolean): void {
    const { current, people: here } = this.#opener;
    const there = people.filter(({ id }) => {
      return id === by ? isThere : here.some((one) => one.id === id);
    });
    for (const list of [here, current?.present ?? []]) list.splice(0, list.length, ...there);
  }

  /** Discord moves the bot: the link ends, and everybody goes along. */
  #move(): void {
    const at = this.#fixture.sessions.at(guildId);
    const { channelId } = at?.channelId === den.channelId ? lounge : den;
    this.#opener.current?.lose(new BotError('link.lost', false, 'Moved.'));
    this.#fixture.sessions.news(guildId, { kind: 'moved', channelId });
  }

  async #caption(): Promise<void> {
    this.#isCaptioned = !this.#isCaptioned;
    const { captions } = this.#fixture;
    if (this.#isCaptioned) await captions.turnOn(guildId, {});
    else await captions.turnOff(guildId);
  }

  #troubleOfStore(): 'unwritable' | undefined {
    if (this.steps === 0) return undefined;
    const { fails } = this.#luck.call('store', 0, 0, 0);
    return fails || this.#store.isBroken ? 'unwritable' : undefined;
  }

  /** Messages that Discord takes late, or refuses. */
  #slowMessages(): VoiceChannelChatPoster {
    const { scribe } = this.#messages;
    const late = async (signal: AbortSignal) => {
      const { fails, takesMs } = this.#luck.call('message', 50, 300, 10_000);
      await this.clock.sleep(takesMs, signal);
      if (fails) throw new BotError('discord.forbidden', false, 'Not there.');
    };
    return {
      write: (...given) => late(given[2]).then(() => scribe.write(...given)),
      notify: (...given) => late(given[2]).then(() => scribe.notify(...given)),
      tell: (...given) => late(given[2]).then(() => scribe.tell(...given)),
      offer: (...given) => late(given[3]).then(() => scribe.offer(...given)),
    };
  }
}

/** Opens links late, or not at all, by chance. */
class SimulatedLinkOpener extends FakeLinkOpener {
  /** Links that are being opened. */
  opening = 0;
  readonly #clock: VirtualClock;
  readonly #luck: Luck;

  constructor(people: readonly ChannelMember[], clock: VirtualClock, luck: Luck) {
    super(people);
    this.#clock = clock;
    this.#luck = luck;
  }

  /** Link that is open. */
  get current() {
    const link = this.links.at(-1);
    return link?.closed === false ? link : undefined;
  }

  override async open(...given: Parameters<FakeLinkOpener['open']>) {
    const [, , signal] = given;
    const { fails, takesMs } = this.#luck.call('link', 100, 800, 15_000);
    this.opening++;
    try {
      await this.#clock.sleep(this.asked === 0 ? 0 : takesMs, signal);
      if (fails && this.asked > 0) throw new BotError('link.timeout', true, 'Not in time.');
      return await super.open(...given);
    } finally {
      this.opening--;
    }
  }
}
