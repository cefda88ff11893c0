import { type GuildId, type PersonId, toPersonId } from '#src/base/ids.ts';
import { stepConversation } from '#src/conversation/machine/step.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { DiscordPlaces } from '#src/discord/places.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import {
  type ChannelRef,
  type SeatChange,
  type VoiceLinkOpener,
  voiceRestrictions,
} from '#src/ports/voice-link.ts';
import { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import { freezeDeep, type StepFunction } from '#test/conversation/machine/play-case.ts';
import { recordMessages } from '#test/conversation/setup/recorders.ts';
import {
  den,
  lounge,
  openSessionFixture,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { SimulatedDiscord } from './discord/simulated-discord.ts';
import type { SimulatedGateway } from './discord/simulated-gateway.ts';
import { createHeardBook } from './heard-book.ts';
import type { Invariants, SimulatedStep } from './invariants.ts';
import { createLuck, type FailingCall, type Luck } from './luck.ts';
import {
  createSimulatedMicrophones,
  type SimulatedMicrophones,
} from './microphones.ts';
import { createRunningCalls, type RunningCalls } from './running-calls.ts';
import {
  makePipelines,
  makeServers,
  makeSynthesizer,
  makeTools,
} from './simulated-engines.ts';
import { type Mood, SimulatedModels } from './simulated-models.ts';
import { makeTranscriber, type SaidWords } from './simulated-recogniser.ts';
import { type Act, everybody } from './simulated-scenes.ts';
import { makeSlowMessages } from './slow-messages.ts';
import { readVoice, simulatedCodec } from './spoken-sound.ts';
import { planWorld, type WorldPlan } from './world-plan.ts';

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
/** Price of a model that hears and speaks. */
const speakingModelPrice = {
  kind: 'priced',
  usd: {
    perMillionInputTokens: 1,
    perMillionOutputTokens: 1,
    perMillionAudioInputTokens: 2,
    perMillionAudioOutputTokens: 2,
  },
} as const;
/** Longest time, in ms, for which nothing leaves or comes while Discord moves the voice server. */
const maxStallMs = 3_000;
/** Codes by which a voice socket closes: a session that is gone, a server that crashed, and a network that was cut. */
const closeCodes = [4_006, 4_006, 4_015, 1_006] as const;
/** Time, in ms, after a frame left in which the next one is looked for. */
const soundingMs = 60;
/** Time, in ms, in which a slow model writes a sentence: about as long as it is said. */
const slowSentenceMs = 1_400;
const dayMs = 86_400_000;
/** Daily cap of a person, in US dollars, once all is well. */
const healthyCapUsd = 1;

/** One process of the bot. */
type BotProcess = {
  readonly gateway: SimulatedGateway;
  readonly opener: DiscordLinkOpener;
  readonly fixture: SessionFixture;
};

/** A voice channel with people, Discord, engines and stores around the real conversation, in virtual time. */
export class Simulation {
  readonly clock = new VirtualClock();
  readonly plan: WorldPlan;
  readonly engines: RunningCalls;
  readonly heard = createHeardBook();
  /** Instants, in ms: of the latest packet of anybody, and of a question that the budget refused. */
  talkedMs = Number.NEGATIVE_INFINITY;
  toldOfBudgetMs = Number.NEGATIVE_INFINITY;
  #isCaptioned = false;
  steps = 0;
  /** People whose texts are read out, by their words, and the instants of their no in ms. */
  readonly #owners = new Map<string, string>();
  readonly #refusedMs = new Map<string, number>();
  readonly #luck: Luck;
  readonly #judge;
  readonly #leaksReservations;
  readonly #misheard;
  readonly #models: SimulatedModels;
  readonly #run: StepFunction;
  readonly discord: SimulatedDiscord;
  #process: BotProcess;
  #openingLinks = 0;
  #closeCount = 0;
  readonly #messages = recordMessages();
  readonly #budgets;
  readonly #ledger;
  readonly #microphones: SimulatedMicrophones;
  readonly #requests = new Set<AbortController>();
  #taken: SimulatedStep | undefined;
  #leftMs = Number.NEGATIVE_INFINITY;
  #uncarriedMs = Number.NEGATIVE_INFINITY;
  /** True from the instant on at which nothing goes wrong any more. */
  #isHealthy = false;
  readonly #store = { isBroken: false };

  constructor(setup: SimulationSetup) {
    const {
      failing,
      judge,
      leaksReservations = false,
      misheard,
      seed,
      step: run = stepConversation,
    } = setup;
    this.plan = planWorld(seed);
    this.#judge = judge;
    this.#leaksReservations = leaksReservations;
    this.#misheard = misheard;
    this.#luck = createLuck(seed, this.plan, failing);
    this.engines = createRunningCalls(this.clock, this.#luck);
    this.#microphones = createSimulatedMicrophones(this.plan, this.#luck);
    this.#models = new SimulatedModels({
      calls: this.engines,
      heard: this.heard,
      saidOf: (number) => this.said[number],
      onPrompt: (messages) => judge.checkPrompt(messages),
      sentenceMs: this.plan.writesSlowly ? slowSentenceMs : 20,
      mood: () => this.#mood,
    });
    this.discord = new SimulatedDiscord({
      timing: this.clock,
      luck: this.#luck,
      plan: this.plan,
      channels: [lounge, den],
      people: everybody,
      onLeft: (opus, atMs) => this.#onLeft(opus, atMs),
    });
    for (const id of this.plan.people) this.discord.seat(id, lounge.channelId);
    const speaks = this.plan.pipeline !== 'chained' || this.plan.scenes.has('settings');
    const { budgets, ledger } = openBudgets(this.clock, {
      caps: { personDay: toUsd(this.plan.capUsd) },
      tariff: speaks ? { think: speakingModelPrice } : {},
      getProgramCap: () => (this.#isHealthy ? toUsd(healthyCapUsd) : undefined),
    });
    this.#ledger = ledger;
    this.#budgets = budgets;
    this.#run = run;
    this.#process = this.#open();
    for (const one of Object.values(this.#fixture.stores).filter(Boolean)) {
      Object.defineProperty(one, 'trouble', { get: () => this.#troubleOfStore() });
    }
  }

  get #fixture() {
    return this.#process.fixture;
  }

  /** A process begins and logs in. */
  #open(former?: SessionFixture): BotProcess {
    const gateway = this.discord.logIn();
    const { client } = gateway;
    const onEvent = (event: DiscordEvent) => {
      if (isSeatChange(event)) fixture.sessions.onSeatChange(event.guildId, event);
    };
    const opener = new DiscordLinkOpener(client, this.clock, onEvent);
    const fixture = this.#openFixture(
      {
        linkOpener: this.#countOpenings(opener),
        places: new DiscordPlaces(client),
      },
      former,
    );
    watchOwnState(client, onEvent);
    return { gateway, opener, fixture };
  }

  #countOpenings(opener: DiscordLinkOpener): VoiceLinkOpener {
    return {
      openLink: async (...given) => {
        this.#openingLinks++;
        try {
          return await opener.openLink(...given);
        } finally {
          this.#openingLinks--;
        }
      },
      getRestMs: (id) => opener.getRestMs(id),
    };
  }

  #openFixture(
    border: { readonly linkOpener: VoiceLinkOpener; readonly places: DiscordPlaces },
    former?: SessionFixture,
  ) {
    const { hasSlowTools, pipeline, trustsPartials } = this.plan;
    const servers = makeServers(this.plan, this.engines, {
      chat: this.#models.chat,
      synthesizer: makeSynthesizer(this.engines, this.heard),
      transcriber: makeTranscriber({
        calls: this.engines,
        saidOf: (number) => this.said[number],
        onHeard: (by) => this.#judge.checkRecogniser(by),
        misheard: this.#misheard,
        listens: this.plan.hasPartials,
      }),
    });
    return openSessionFixture(
      {
        ...servers,
        pipelines: makePipelines(servers, this.#models.speaking, pipeline),
        tools: makeTools(this.engines, hasSlowTools),
        codec: simulatedCodec,
        ...border,
        addressing: 'auto',
        spending: this.#budgets,
        messages: makeSlowMessages(this.#messages.scribe, this.engines),
        partialTrust: new PartialTrust(trustsPartials),
        onEvent: (_guildId, event) => this.#tell(event),
        decide: (...given) => this.#decide(given),
        ...(former && { stores: former.stores, transcripts: former.transcripts }),
      },
      [],
      this.clock,
    );
  }

  #tell(event: SessionEvent) {
    if (event.kind === 'dropped' && event.why === 'budget')
      this.toldOfBudgetMs = this.clock.nowMs();
    this.#judge.checkEvent(event, this.said);
  }

  get #mood(): Mood {
    return this.#isHealthy ? 'healthy' : this.plan.manner;
  }

  /** Everybody has agreed, and Ana calls the bot. */
  async begin() {
    for (const id of everybody)
      await this.#fixture.consents.write(guildId, toPersonId(id), { kind: 'always' });
    await this.#join();
  }

  async #join() {
    const caller = toPersonId('ana');
    await this.#waitFor(this.#fixture.sessions.join(this.#findChannel(caller), caller));
  }

  /** Channel in which a person sits, or the usual one. */
  #findChannel(by: string): ChannelRef {
    return this.discord.listHere(den.channelId).includes(by) ? den : lounge;
  }

  /** From now on nothing goes wrong, everybody is there and may be heard, and a new day has begun. */
  async heal() {
    this.#isHealthy = true;
    this.#luck.heal();
    this.#microphones.heal();
    this.clock.setWall(dayMs);
    const acts = ['mend-store', 'unmute', 'resume', 'unbar'] as const;
    for (const kind of acts) await this.act({ atMs: 0, kind, by: 'ana', text: '' });
    await this.act({ atMs: 0, kind: 'set', by: 'ana', text: 'addressing=auto' });
    for (const by of this.plan.people)
      for (const kind of ['undeafen', 'come', 'yes'] as const)
        await this.act({ atMs: 0, kind, by, text: '' });
  }

  /** Calls the bot in again where it has left. */
  async callBack() {
    if (this.#fixture.sessions.at(guildId) === undefined) await this.#join();
  }

  get state() {
    return this.#fixture.sessions.findSession(guildId)?.loop.state;
  }

  /** Everything that people said aloud. */
  get said(): readonly SaidWords[] {
    return this.#microphones.said;
  }

  /** Money that a person has spent today, in billionths of a dollar. */
  spentOf(by: PersonId) {
    return this.#ledger.getShare(guildId, by, this.clock.wallMs()).nanoUsd;
  }

  /** Whether the money may end in the middle of the talk. */
  get hasLowCap() {
    return this.plan.capUsd < healthyCapUsd;
  }

  get capNanoUsd() {
    return toUsd(this.#isHealthy ? healthyCapUsd : this.plan.capUsd);
  }

  get reserved() {
    return this.#ledger.getReserved(guildId);
  }

  /** Number of typed questions that were not told of their end. */
  get waitingRequests() {
    return this.#requests.size;
  }

  get isOpening() {
    return this.#openingLinks > 0;
  }

  /** Lets time pass on the grid of frames, or faster while nothing is heard. */
  async advance(untilMs: number) {
    while (this.clock.nowMs() < untilMs) {
      await this.clock.advance(this.#nextMs(untilMs) - this.clock.nowMs());
      this.#checkTaken();
      this.#arrive();
      if (!this.discord.voice.isUp) this.#uncarriedMs = this.clock.nowMs();
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
    const isKept = (by: string) => stored?.get(toPersonId(by))?.kind !== 'always';
    if (!stored || ![...this.#judge.consent.refusals].every(isKept)) return;
    await this.end(true);
    this.#process = this.#open(this.#fixture);
    await this.#join();
  }

  /** The bot leaves, or its process ends. */
  async end(isStopped: boolean) {
    const { sessions } = this.#fixture;
    const drainMs = 8_000;
    if (isStopped) await this.#waitFor(sessions.drainAll(drainMs));
    else await this.#waitFor(sessions.leave(guildId));
    await this.#waitFor(sessions[Symbol.asyncDispose]());
    await this.#waitFor(this.#process.opener[Symbol.asyncDispose]());
    await this.#process.gateway[Symbol.asyncDispose]();
    // Doors close with the process, and end what was asked there.
    for (const over of this.#requests) over.abort();
    this.#checkTaken();
  }

  #decide([state, event, rules]: Parameters<StepFunction>) {
    this.#checkTaken();
    const { effects, state: after } = this.#run(state, event, rules);
    freezeDeep(after);
    this.steps++;
    this.#taken = { event, before: state, after, effects };
    if (effects.some((one) => one.do === 'discard') && this.#leaksReservations)
      this.#ledger.reserve(guildId, undefined, 1, this.clock.wallMs());
    return { effects, state: after };
  }

  /** The effects of a step are performed before it is judged. */
  #checkTaken() {
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

  #nextMs(untilMs: number) {
    const nextMs = this.clock.nowMs() + gridMs;
    const isSounding = this.clock.nowMs() - this.#leftMs < soundingMs;
    const isQuiet = !isSounding && this.#microphones.isQuiet;
    if (!isQuiet) return nextMs;
    const dueMs = Math.ceil(Math.min(this.clock.nextDueMs, untilMs) / gridMs) * gridMs;
    return Math.max(nextMs, dueMs);
  }

  #arrive() {
    const nowMs = this.clock.nowMs();
    for (const packet of this.#microphones.take(nowMs)) {
      if (!this.discord.isWithBot(packet.speakerId)) continue;
      if (this.discord.relay(packet)) this.talkedMs = nowMs;
    }
  }

  #onLeft(opus: Buffer, atMs: number) {
    this.#leftMs = atMs;
    const voice = readVoice(opus);
    if (voice) this.#judge.checkVoice(this, voice, atMs);
  }

  #perform(one: Act) {
    const { kind, text } = one;
    const by = toPersonId(one.by);
    const { privacy, sessions, settings, talk } = this.#fixture;
    const pause = (isPaused: boolean) => sessions.pauseHearing(guildId, isPaused);
    const acts: Readonly<Record<Act['kind'], () => unknown>> = {
      restart: () => undefined,
      say: () => this.#microphones.say(by, text, this.clock.nowMs()),
      breathe: () => this.#microphones.say(by, '', this.clock.nowMs()),
      typed: () => this.#ask(by, text),
      read: () => this.#read(by, text),
      'take-back': () => [...this.#requests][0]?.abort(),
      notify: () => this.#notify(by, text),
      stop: () => talk.stopSpeaking(guildId),
      window: () => talk.openAskWindow(guildId, by),
      press: () => this.#press(by),
      no: () => this.#answer(by, false, privacy.deny(guildId, by)),
      yes: () => this.#answer(by, true, privacy.allow(guildId, by)),
      forget: () => this.#answer(by, false, privacy.forget(guildId, by)),
      pause: () => pause(true),
      resume: () => pause(false),
      mute: () => this.discord.muteBot(true),
      unmute: () => this.discord.muteBot(false),
      go: () => this.#seat(by, false),
      come: () => this.#seat(by, true),
      bar: () => settings.setSetting(guildId, 'blocked', `<@${by}>`),
      unbar: () => settings.setSetting(guildId, 'blocked', ''),
      'lose-link': () => this.#closeSocket(),
      'move-server': () => this.#moveServer(),
      deafen: () => this.discord.deafen(by, true),
      undeafen: () => this.discord.deafen(by, false),
      set: () => this.#set(text),
      move: () => this.#move(),
      call: () => sessions.join(this.#findChannel(by), by),
      captions: () => this.#caption(),
      'break-store': () => Object.assign(this.#store, { isBroken: true }),
      'mend-store': () => Object.assign(this.#store, { isBroken: false }),
      'set-clock': () =>
        this.clock.setWall(one.atMs % 2 === 0 ? 7_200_000 : -7_200_000),
    };
    void Promise.resolve(acts[kind]()).catch((error: unknown) =>
      this.#judge.fail(error),
    );
  }

  #read(by: PersonId, text: string) {
    if (this.#judge.consent.refusals.has(by)) return;
    this.#owners.set(text, by);
    this.#fixture.talk.sayText(guildId, text, 'queue', { owner: { id: by, name: by } });
  }

  /** Instant, in ms, from which nothing of this text may be heard, as its owner said no; infinite: none. */
  refusedMs(text: string) {
    return (
      this.#refusedMs.get(this.#owners.get(text) ?? '') ?? Number.POSITIVE_INFINITY
    );
  }

  /** Whether nothing can leave. */
  get isStalled() {
    return this.clock.nowMs() < this.#uncarriedMs + 1_000;
  }

  /** Discord moves the voice server: for a while no packet comes or leaves. */
  #moveServer() {
    const nowMs = this.clock.nowMs();
    this.discord.moveServer(this.#luck.draw(`stall ${nowMs}`) * maxStallMs);
  }

  #closeSocket() {
    const luck = this.#luck.draw(`close code ${this.#closeCount++}`);
    const code = closeCodes[Math.floor(luck * closeCodes.length)] ?? closeCodes[0];
    this.discord.voice.closeSocket(code);
  }

  async #set(change: string) {
    const [key = '', value = ''] = change.split('=');
    await this.#fixture.settings.setSetting(guildId, key, value);
  }

  #answer(by: string, isYes: boolean, saved: Promise<unknown>) {
    this.#judge.consent.answer(by, isYes);
    if (isYes) this.#refusedMs.delete(by);
    else this.#refusedMs.set(by, this.clock.nowMs());
    return saved;
  }

  async #ask(by: PersonId, text: string) {
    const over = new AbortController();
    const { signal } = over;
    this.#requests.add(over);
    try {
      await this.#fixture.talk.askQuestion(
        guildId,
        text,
        { id: by, name: by },
        'voice',
        {
          signal,
        },
      );
    } catch (error) {
      if (error !== signal.reason) throw error;
    } finally {
      this.#requests.delete(over);
    }
  }

  #notify(personId: PersonId, text: string) {
    const queue = this.#fixture.sessions.findSession(guildId)?.speech.requests;
    const getText = () => text;
    queue?.queueNotice({
      getText,
      language: 'en',
      personId,
      maxWaitMs: 20_000,
      onEnded: () => undefined,
    });
  }

  async #press(by: PersonId) {
    const button = this.#messages.offered.at(-1)?.split(':')[1] ?? '';
    await this.#fixture.confirmations.confirmCall(guildId, button, by);
  }

  #seat(by: string, isThere: boolean) {
    const channelId = this.discord.botChannel ?? lounge.channelId;
    this.discord.seat(by, isThere ? channelId : null);
  }

  /** A moderator moves the bot, and everybody goes along. */
  #move() {
    const { botChannel } = this.discord;
    if (botChannel === null) return;
    const { channelId } = botChannel === den.channelId ? lounge : den;
    for (const id of this.discord.listHere(botChannel))
      this.discord.seat(id, channelId);
    this.discord.moveBot(channelId);
  }

  async #caption() {
    const { captions } = this.#fixture;
    this.#isCaptioned = !this.#isCaptioned;
    await (this.#isCaptioned
      ? captions.turnOn(guildId, {})
      : captions.turnOff(guildId));
  }

  #troubleOfStore() {
    if (this.steps === 0) return undefined;
    const isLost = this.#luck.call('store', 0, 0, 0).fails || this.#store.isBroken;
    return isLost ? 'unwritable' : undefined;
  }
}

const seatChanges: ReadonlySet<string> = new Set([
  ...voiceRestrictions,
  'moved',
  'no-view',
  'no-connect',
  'guild-removed',
]);

/** Whether an event of Discord changes the seat of the bot, as the app passes it on. */
function isSeatChange(
  event: DiscordEvent,
): event is DiscordEvent & SeatChange & { readonly guildId: GuildId } {
  return seatChanges.has(event.kind);
}
