import type { Packet } from '#src/audio/jitter-buffer.ts';
import { type PersonId, toPersonId } from '#src/base/ids.ts';
import type { ConversationState } from '#src/conversation/machine/state.ts';
import { stepConversation } from '#src/conversation/machine/step.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { PartialTrust } from '#src/turn/endpointing/end-of-turn.ts';
import { freezeDeep, type StepFunction } from '#test/conversation/machine/play-case.ts';
import { recordMessages } from '#test/conversation/setup/recorders.ts';
import {
  den,
  lounge,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { toUsd } from '#test/fakes/fake-spending.ts';
import { passRounds, VirtualClock } from '#test/fakes/virtual-clock.ts';
import { SimulatedProcess } from './bot-process.ts';
import { SimulatedBug } from './broken-effect.ts';
import { SimulatedDiscord } from './discord/simulated-discord.ts';
import {
  type DiscordActKind,
  isDiscordAct,
  performDiscordAct,
} from './discord-acts.ts';
import { createHeardBook } from './heard-book.ts';
import type { Invariants } from './invariants.ts';
import { createLuck, type FailingCall, type Luck } from './luck.ts';
import {
  createSimulatedMicrophones,
  type SimulatedMicrophones,
} from './microphones.ts';
import { PersonAnswers, TypedQuestions } from './person-answers.ts';
import { ProcessClock } from './process-clock.ts';
import { makeProcessEngines } from './process-engines.ts';
import { healthyCapUsd, ProcessStorage } from './process-storage.ts';
import {
  createRunningCalls,
  makeSlowMessages,
  type RunningCalls,
} from './running-calls.ts';
import {
  agreeToMove,
  changeSetting,
  chooseVoice,
  forgetPerson,
  playMusic,
  pressButton,
  queueNotice,
  showCaptions,
} from './session-acts.ts';
import { SimulatedDisk } from './simulated-disk.ts';
import type { Mood } from './simulated-models.ts';
import type { SaidWords } from './simulated-recogniser.ts';
import { type Act, everybody } from './simulated-scenes.ts';
import { type SimulatedStep, simulatedRules } from './simulated-step.ts';
import { readVoice } from './spoken-sound.ts';
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
/** Datagrams that Node reads in one turn of its event loop. */
const datagramsATurn = 32;
/** Time, in ms, after a frame left in which the next one is looked for. */
const soundingMs = 60;
const dayMs = 86_400_000;

/** A voice channel with people, Discord, engines and stores around the real conversation, in virtual time. */
export class Simulation {
  readonly clock = new VirtualClock();
  readonly plan: WorldPlan;
  /** Calls of the process that runs now. */
  engines: RunningCalls;
  readonly heard = createHeardBook();
  /** Instants, in ms: of the latest packet of anybody, and of a question that the budget refused. */
  talkedMs = Number.NEGATIVE_INFINITY;
  toldOfBudgetMs = Number.NEGATIVE_INFINITY;
  #isCaptioned = false;
  readonly #personAnswers: PersonAnswers;
  steps = 0;
  readonly #luck: Luck;
  readonly #judge;
  readonly #leaksReservations;
  readonly #misheard;
  #answers = 0;
  readonly #run: StepFunction;
  readonly discord: SimulatedDiscord;
  #process: SimulatedProcess;
  readonly #disk: SimulatedDisk;
  /** Latest instant, in ms, at which somebody was told that the link is down. */
  #toldMs = Number.NEGATIVE_INFINITY;
  /** Whether the alert of a link that is down is raised. */
  isLinkDown = false;
  readonly #messages = recordMessages();
  /** Stores and money of the process that runs now. */
  #storage: ProcessStorage;
  readonly #microphones: SimulatedMicrophones;
  readonly #questions = new TypedQuestions();
  #taken: SimulatedStep | undefined;
  #leftMs = Number.NEGATIVE_INFINITY;
  #uncarriedMs = Number.NEGATIVE_INFINITY;
  /** True from the instant on at which nothing goes wrong any more. */
  #isHealthy = false;
  readonly #bug = new SimulatedBug();

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
    this.#personAnswers = new PersonAnswers(judge.consent);
    this.#leaksReservations = leaksReservations;
    this.#misheard = misheard;
    this.#luck = createLuck(seed, this.plan, failing);
    this.#microphones = createSimulatedMicrophones(this.plan, this.#luck);
    this.#disk = new SimulatedDisk(this.clock, this.#luck, this.plan.diskMs);
    this.discord = new SimulatedDiscord({
      timing: this.clock,
      luck: this.#luck,
      plan: this.plan,
      channels: [lounge, den],
      people: everybody,
      onLeft: (opus, atMs) => this.#onLeft(opus, atMs),
      onSeatAsked: (id) => this.#judge.checkSeatAsked(this, id, this.#taken?.after),
    });
    for (const id of this.plan.people) this.discord.seat(id, lounge.channelId);
    this.#run = run;
    const clock = new ProcessClock(this.clock);
    this.engines = createRunningCalls(clock, this.#luck);
    this.#storage = this.#openStorage(clock);
    this.#process = this.#open(clock);
  }

  get #fixture() {
    return this.#process.fixture;
  }

  #openStorage(clock: ProcessClock) {
    return new ProcessStorage({
      clock,
      plan: this.plan,
      disk: this.#disk,
      findTrouble: () => this.#troubleOfStore(),
      onSeatAlive: () => this.#judge.checkSeatAlive(this.clock.nowMs()),
      getCap: () => (this.#isHealthy ? toUsd(healthyCapUsd) : undefined),
    });
  }

  /** A process begins and logs in. */
  #open(clock: ProcessClock, former?: SessionFixture): SimulatedProcess {
    return new SimulatedProcess({
      clock,
      discord: this.discord,
      onDiscordEvent: (event) => {
        if (event.kind !== 'alert') return;
        this.#toldMs = this.clock.nowMs();
        this.isLinkDown = event.state === 'raised';
      },
      onPacket: (packet) =>
        this.#judge.checkPacket(packet, this.said, this.clock.nowMs()),
      fixture: {
        ...makeProcessEngines({
          plan: this.plan,
          calls: this.engines,
          heard: this.heard,
          saidOf: (number) => this.said[number],
          nextNumber: () => ++this.#answers,
          getMood: () => this.#mood,
          judge: this.#judge,
          onPrompt: (...args) => this.#judge.checkPrompt(this, ...args),
          onSpoken: (text) => this.#judge.checkSpoken(this, text),
          misheard: this.#misheard,
          hasStopped: () => clock.hasStopped,
        }),
        addressing: 'auto',
        spending: this.#storage.budgets,
        messages: makeSlowMessages(this.#messages.scribe, this.engines),
        partialTrust: new PartialTrust(this.plan.trustsPartials),
        onEvent: (_guildId, event) => {
          if (!clock.hasStopped) this.#tell(event);
        },
        decide: (...args) =>
          clock.hasStopped ? this.#run(...args) : this.#decide(args),
        stores: this.#storage.stores,
        journal: this.#disk.journal,
        ...(former && { transcripts: former.transcripts }),
      },
    });
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
    await this.#waitFor(this.#storage.open());
    for (const id of everybody)
      await this.#waitFor(
        this.#fixture.consents.write(guildId, toPersonId(id), { kind: 'always' }),
      );
    for (const id of this.plan.people)
      await this.#waitFor(chooseVoice(this.#fixture, toPersonId(id)));
    await this.#join();
  }

  async #join() {
    await this.#waitFor(this.#call(toPersonId('ana')));
  }

  #call(by: PersonId) {
    const call = this.#fixture.sessions.join(this.#findChannel(by), by);
    this.#judge.seats.noteCall(call);
    return call;
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
    this.discord.voice.answersProbes = true;
    this.discord.voice.breaksCommits = false;
    this.#bug.mend();
    this.discord.unsealBut(this.plan.people[0] ?? '');
    const acts = ['mend-ports', 'unmute', 'resume', 'udp-heals', 'seats'] as const;
    for (const kind of acts) await this.act({ atMs: 0, kind, by: 'ana', text: '' });
    for (const text of ['addressing=auto', 'roles=default', 'leave_after=default'])
      await this.act({ atMs: 0, kind: 'set', by: 'ana', text });
    for (const by of this.plan.people)
      for (const kind of ['undeafen', 'come', 'yes'] as const)
        await this.act({ atMs: 0, kind, by, text: '' });
  }

  /** Calls the bot in again where it has left. */
  async callBack() {
    if (this.#fixture.sessions.at(guildId) === undefined) await this.#join();
    for (const by of this.plan.people)
      await this.act({ atMs: 0, kind: 'come', by, text: '' });
  }

  get state() {
    return this.#fixture.sessions.findSession(guildId)?.loop.state;
  }

  /** Everything that people said aloud. */
  get said(): readonly SaidWords[] {
    return this.#microphones.said;
  }

  /** Money that a person has spent today through this process, in billionths of a dollar. */
  spentOf(by: PersonId) {
    return this.#storage.getSpent(by);
  }

  get hasLowCap() {
    return this.plan.capUsd < healthyCapUsd;
  }

  get capNanoUsd() {
    return toUsd(this.#isHealthy ? healthyCapUsd : this.plan.capUsd);
  }

  get reserved() {
    return this.#storage.reserved;
  }

  /** Number of typed questions that were not told of their end. */
  get waitingRequests() {
    return this.#questions.count;
  }

  /** The session of the server. */
  get session() {
    return this.#fixture.sessions.findSession(guildId);
  }

  /** Channel of the session that is in a state. */
  findChannelId(state: ConversationState) {
    const sessions = this.#fixture.sessions.peekSessions(guildId);
    return sessions.find(({ loop }) => loop.state === state)?.channel.channelId;
  }

  /** Channel of the session; undefined: there is none. */
  get channelId() {
    return this.session?.channel.channelId;
  }

  /** Whether people are with the bot. */
  get hasCompany() {
    return this.discord.botChannel === null || this.discord.hasCompany;
  }

  /** Latest instant, in ms, at which a frame left. */
  get leftMs() {
    return this.#leftMs;
  }

  /** Whether only people with the role may use the bot. */
  get needsRole() {
    const { settings } = this.#fixture.sessions;
    return settings.getForGuild(guildId).userRoleIds.length > 0;
  }

  /** Time, in ms, after which the bot leaves where nobody is. */
  get leaveAfterMs() {
    return this.#fixture.sessions.settings.getForGuild(guildId).leaveAfterMs;
  }

  /** Whether somebody was told after an instant, in ms, that the link carries nothing. */
  isToldSince(atMs: number) {
    return this.#toldMs >= atMs;
  }

  get isOpening() {
    return this.#process.isOpening;
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

  async act(act: Act) {
    this.#judge.noteAct(this, act);
    this.discord.noteAct(act.kind);
    if (act.kind === 'restart') await this.#restart();
    else if (act.kind === 'kill') await this.#kill();
    else if (act.kind === 'stand-still') await this.#standStill(Number(act.text));
    else this.#perform(act);
    await this.clock.advance(0);
    this.#checkTaken();
  }

  /** Another process goes on with the stores, once they hold each no. */
  async #restart() {
    const reading = this.#fixture.consents.read(guildId).catch(() => undefined);
    const stored = await this.#waitFor(reading);
    const isKept = (by: string) => stored?.get(toPersonId(by))?.kind !== 'always';
    if (!stored || ![...this.#judge.consent.refusals].every(isKept)) return;
    await this.end(true);
    await this.#beginProcess();
    await this.#join();
  }

  async #beginProcess() {
    const clock = new ProcessClock(this.clock);
    this.engines = createRunningCalls(clock, this.#luck);
    this.#storage = this.#openStorage(clock);
    this.#process = this.#open(clock, this.#fixture);
    await this.#waitFor(this.#storage.open());
    const isKnown = !this.#luck.isBroken('store hides');
    for (const by of isKnown ? this.plan.people : [])
      this.#judge.checkInherited(this, by, this.#storage.getInherited(toPersonId(by)));
  }

  /** The process stops at once, and another one goes on with what is on the disk. */
  async #kill() {
    await this.#process.kill();
    this.discord.voice.endCalls(undefined);
    this.#questions.clear();
    await passRounds(1);
    this.#taken = undefined;
    this.#judge.beginProcess();
    await this.#beginProcess();
    await this.#readAnswers();
    await this.#join();
  }

  /** Whoever was not told that an answer counts has the one that is on the disk. */
  async #readAnswers() {
    const { store } = this.#fixture.dependencies;
    const stored = await this.#waitFor(store.read(guildId).catch(() => undefined));
    if (!stored) return;
    for (const by of this.#personAnswers.listUnsure())
      this.#judge.consent.answer(by, stored.get(toPersonId(by))?.kind === 'always');
  }

  /** The thread stands still, while packets wait in the socket: timers that are due fire first, then 32 packets a turn are read. */
  async #standStill(ms: number) {
    this.clock.suspend(ms);
    this.clock.passMs(0);
    const nowMs = this.clock.nowMs();
    this.#uncarriedMs = nowMs;
    const waiting = this.#microphones.takeDue(nowMs);
    this.#judge.incoming.noteWaiting(waiting, nowMs - ms);
    for (let from = 0; from < waiting.length; from += datagramsATurn) {
      await passRounds(1);
      this.#checkTaken();
      for (const packet of waiting.slice(from, from + datagramsATurn))
        this.#relay(packet);
    }
  }

  /** The bot leaves, or its process ends. */
  async end(isStopped: boolean) {
    const { sessions } = this.#fixture;
    if (isStopped) await this.#waitFor(sessions.drainAll(8_000));
    else await this.#waitFor(sessions.leave(guildId));
    await this.#waitFor(sessions[Symbol.asyncDispose]());
    await this.#waitFor(this.#process.close());
    await this.#waitFor(this.#storage[Symbol.asyncDispose]());
    // Doors close with the process, and end what was asked there.
    this.#questions.abortAll();
    this.#checkTaken();
  }

  #decide([state, event]: Parameters<StepFunction>) {
    this.#checkTaken();
    const { effects, state: after } = this.#run(state, event, simulatedRules);
    freezeDeep(after);
    this.steps++;
    this.#taken = { event, before: state, after, effects };
    if (effects.some((effect) => effect.do === 'discard') && this.#leaksReservations)
      this.#storage.leakReservation();
    const checkBug = (arePerformed: boolean) =>
      this.#judge.checkBug(arePerformed, after, this.clock.nowMs());
    return { effects: this.#bug.breakEffects(effects, checkBug), state: after };
  }

  /** The effects of a step are performed before it is judged. */
  #checkTaken() {
    const taken = this.#taken;
    this.#taken = undefined;
    if (taken) this.#judge.check(this, taken);
  }

  /** Time passes until the promise is kept. */
  async #waitFor<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    void promise.then(
      () => {
        isOver = true;
      },
      () => {
        isOver = true;
      },
    );
    while (!isOver) await this.advance(this.clock.nowMs() + gridMs);
    return await promise;
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
    for (const packet of this.#microphones.takeDue(nowMs)) this.#relay(packet);
  }

  #relay(packet: Packet) {
    this.#judge.incoming.noteRelayed(packet);
    if (!this.discord.relay(packet)) return;
    this.talkedMs = this.clock.nowMs();
    this.#judge.noteDelivered(packet, this.talkedMs, this.discord.voice.current);
  }

  #onLeft(opus: Buffer, atMs: number) {
    this.#leftMs = atMs;
    this.#judge.checkFrame(opus, atMs);
    const voice = readVoice(opus);
    if (voice) this.#judge.checkVoice(this, voice, atMs);
  }

  #perform(act: Act) {
    const { text } = act;
    const by = toPersonId(act.by);
    const { privacy, sessions, talk } = this.#fixture;
    const { kind } = act;
    if (isDiscordAct(kind)) {
      performDiscordAct({ kind, by, text }, this.discord, this.#luck);
      return;
    }
    const acts: Readonly<Record<Exclude<Act['kind'], DiscordActKind>, () => unknown>> =
      {
        restart: () => undefined,
        kill: () => undefined,
        'stand-still': () => undefined,
        leave: () => sessions.leave(guildId),
        'no-elsewhere': () =>
          this.#fixture.consents
            .write(guildId, by, { kind: 'never' })
            .catch(() => undefined),
        music: () => playMusic(this.#fixture, by),
        say: () => this.#microphones.say(by, text, this.clock.nowMs()),
        breathe: () => this.#microphones.say(by, '', this.clock.nowMs()),
        cough: () => this.#microphones.cough(by, this.clock.nowMs()),
        typed: () => this.#questions.ask(this.#fixture, by, text),
        read: () => this.#read(by, text),
        'take-back': () => this.#questions.takeBack(),
        notify: () => queueNotice(this.#fixture, by, text),
        stop: () => talk.stopSpeaking(guildId),
        window: () => talk.openAskWindow(guildId, by),
        press: () => pressButton(this.#fixture, by, this.#messages.offered.at(-1)),
        no: () => this.#answer(by, false, privacy.deny(guildId, by)),
        yes: () => this.#answer(by, true, privacy.allow(guildId, by)),
        forget: () =>
          this.#answer(by, false, forgetPerson(this.#fixture, by, this.#judge)),
        'look-up': () => this.#fixture.peopleSettings.loadSettings(guildId, by),
        pause: () => sessions.pauseHearing(guildId, true),
        resume: () => sessions.pauseHearing(guildId, false),
        set: () => changeSetting(this.#fixture, text),
        call: () => this.#call(by),
        agree: () => {
          const agreement = agreeToMove(this.#fixture, by, this.discord.botChannel);
          return this.#judge.seats.checkAgreement(by, agreement, this.clock.nowMs());
        },
        bug: () => this.#bug.plan(),
        flood: () => this.#microphones.flood(by, this.clock.nowMs()),
        'slow-disk': () => this.#disk.slowDown(),
        captions: () => {
          this.#isCaptioned = !this.#isCaptioned;
          return showCaptions(this.#fixture, this.#isCaptioned);
        },
        'break-port': () => this.#luck.breakPort(text),
        'mend-ports': () => this.#luck.mendPorts(),
        'set-clock': () =>
          this.clock.setWall(act.atMs % 2 === 0 ? 7_200_000 : -7_200_000),
      };
    void Promise.resolve(acts[kind]()).catch((error: unknown) =>
      this.#judge.fail(error),
    );
  }

  #read(by: PersonId, text: string) {
    if (this.#judge.consent.refusals.has(by)) return;
    this.#personAnswers.noteText(text, by);
    this.#fixture.talk.sayText(guildId, text, 'queue', { owner: { id: by, name: by } });
  }

  /** Instant, in ms, from which nothing of this text may be heard, as its owner said no; infinite: none. */
  refusedMs(text: string) {
    return this.#personAnswers.getRefusedMs(text);
  }

  /** Whether nothing can leave. */
  get isStalled() {
    return this.clock.nowMs() < this.#uncarriedMs + 1_000;
  }

  #answer(by: string, isYes: boolean, saved: Promise<unknown>) {
    return this.#personAnswers.note(by, isYes, saved, this.#process.clock);
  }

  #troubleOfStore() {
    if (this.steps === 0) return undefined;
    if (this.#luck.isBroken('store hides')) return 'unreadable';
    return this.#luck.callPort('store', 0, 0, 0).fails ? 'unwritable' : undefined;
  }
}
