import type { Packet } from '#src/audio/jitter-buffer.ts';
import { toChannelId, toMessageId } from '#src/base/ids.ts';
import type { CommandCall, Replies, Reply } from '#src/features/command.ts';
import { sealContent } from '#src/ports/authored-content.ts';
import type { Places } from '#src/ports/command-ports.ts';
import type { ChannelRef, MayHear } from '#src/ports/voice-link.ts';
import type { Transcriber } from '#src/speech/speech-engine.ts';
import { FakeCaptionChats } from '#test/fakes/caption-chats.ts';
import { healthyFacts } from '#test/fakes/channel-facts.ts';
import { FakeLink } from '#test/fakes/fake-link.ts';
import { openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { openMemoryTranscripts } from '#test/fakes/memory-stores.ts';
import { passRounds, VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeVoiceSamples, readVoice, slots } from '#test/simulate/spoken-sound.ts';
import { sceneModel } from './scene-answers.ts';
import { noteLine, SceneChat } from './scene-chat.ts';
import { generalId, SceneProcess, sceneGuildId } from './scene-process.ts';
import {
  frameMs,
  makeLoudnessNetwork,
  makeSayingPackets,
  readMarks,
  sceneCodec,
} from './scene-sound.ts';
import { SceneStores } from './scene-stores.ts';
import {
  buttonMeanings,
  commandMeanings,
  type Meaning,
  type Scene,
  type SceneChannel,
  type ScenePolicy,
  type SceneRole,
  sceneChannels,
  scenePolicies,
} from './scene-types.ts';
import {
  fillMentions,
  parsePolicy,
  type ScenePerson,
  type SceneRules,
  SceneWorld,
  toSceneRoleId,
} from './scene-world.ts';

/** Money of the server for a day. */
const serverDayUsd = 1;
const dayMs = 86_400_000;
/** Longest time, in ms, for which a reply is awaited. */
const maxReplyMs = 60_000;
const weights = makeLoudnessNetwork();

/** Which rules are stored; absent: those of the operator. */
type StoredRules = { readonly policy?: ScenePolicy | undefined } & Pick<
  SceneRules,
  'blocked' | 'needsRole'
>;

function toRef(name: SceneChannel): ChannelRef {
  return { guildId: sceneGuildId, channelId: toChannelId(name.toLowerCase()), name };
}

/**
 * A server of Discord with people, and the bot in it, in virtual time. It tells `world` what is true; the bot is never asked.
 *
 * @example
 * import { SceneStage } from '#test/virtual-scenes/scene-stage.ts';
 *
 * using stage = new SceneStage({ policy: 'notice', steps: [] });
 * stage.seat('Adam', 'Lounge');
 * await stage.run('Adam', '/join');
 * await stage.say('Adam', 'What time is it?');
 * stage.world.sayings[0]?.heardFrames.size; // above 0
 */
export class SceneStage implements Disposable {
  readonly clock: VirtualClock = new VirtualClock();
  readonly world: SceneWorld;
  readonly captionChats: FakeCaptionChats = new FakeCaptionChats();
  readonly chat: SceneChat;
  readonly #stores: SceneStores;
  readonly #budgets;
  readonly #locale;
  readonly #isDenClosed: boolean;
  readonly #places: Places;
  readonly #transcripts;
  readonly #authors = new Map<string, string>();
  readonly #voiceTexts = new Map<number, VoiceText>();
  #voiceCount = 0;
  #policy: ScenePolicy;
  #storedRules: StoredRules = { needsRole: false, blocked: [] };
  #copy: { readonly rules: StoredRules; readonly noes: readonly string[] } | undefined;
  #isDatabaseAway = false;
  #process: SceneProcess;
  #link: { readonly link: FakeLink; readonly channel: SceneChannel } | undefined;
  #packets: readonly Packet[] = [];
  #isSounding = false;

  constructor(scene: Scene) {
    const { hasFolder, locale = 'en', policy = 'ask', roles = {} } = scene;
    this.world = new SceneWorld(policy, roles);
    this.#policy = policy;
    this.#locale = locale;
    this.#isDenClosed = scene.isDenClosed === true;
    this.#stores = new SceneStores(this.clock, hasFolder === true);
    this.#transcripts = openMemoryTranscripts(this.clock);
    this.#budgets = openBudgets(this.clock, {
      caps: { serverDay: toUsd(serverDayUsd) },
    });
    this.chat = new SceneChat({ world: this.world, clock: this.clock, locale });
    this.#places = this.#createPlaces();
    this.#process = this.#openProcess();
  }

  /** Channel in which the bot sits. */
  get botChannel(): SceneChannel | undefined {
    return this.world.botSeat.last;
  }

  get nowMs(): number {
    return this.clock.nowMs();
  }

  /** Seats a person, or takes them away. */
  seat(name: string, channel: SceneChannel | undefined): void {
    const person = this.world.getPerson(name);
    if (person.seat.last === channel) return;
    person.seat.set(this.nowMs, channel);
    const { link } = this.#link ?? {};
    const at = link?.present.findIndex(({ id }) => id === person.id) ?? -1;
    if (at >= 0) link?.present.splice(at, 1);
    if (channel && channel === this.#link?.channel)
      link?.present.push(person.toMember());
  }

  /** Gives or takes a role, of which Discord tells the bot only when asked. */
  changeRoles(name: string, role: SceneRole, has: boolean): void {
    const person = this.world.getPerson(name);
    const others = person.roles.last.filter((item) => item !== role);
    person.roles.set(this.nowMs, has ? [...others, role] : others);
    this.#link?.link.roles.set(person.id, person.roles.last.map(toSceneRoleId));
  }

  /** Runs a command for a person. */
  async run(name: string, text: string): Promise<Replies> {
    const person = this.world.getPerson(name);
    const line = text.split(' ').slice(0, 2).join(' ');
    this.#noteMeaning(
      person,
      commandMeanings[line] ?? commandMeanings[text],
      'pressed',
    );
    const filled = fillMentions(text, this.world);
    if (this.#isDenClosed) this.world.noteGivenWords(filled);
    const replies = await this.waitFor(
      this.#process.runCommand(filled, this.#toCall(person)),
    );
    if (text.startsWith('/join') && this.botChannel === person.seat.last)
      this.world.noteAnswer(person, 'called', this.nowMs);
    return this.#noteReplies(person, replies);
  }

  /** Presses a button for a person. */
  async press(name: string, button: string): Promise<Replies> {
    const person = this.world.getPerson(name);
    this.#noteMeaning(person, buttonMeanings[button], 'pressed');
    const replies = await this.waitFor(
      this.#process.pressButton(button, this.#toCall(person)),
    );
    return this.#noteReplies(person, replies);
  }

  /** Sets a setting as its owner, and confirms where the bot asks. */
  async set(name: string, key: string, typed: string): Promise<void> {
    const value = fillMentions(typed, this.world);
    this.#tightenRules(key, typed);
    const [reply] = await this.run(name, `/settings set key:${key} value:${value}`);
    const confirm = reply.buttons?.find((button) =>
      button.startsWith('confirm:settings'),
    );
    if (confirm) await this.press(name, confirm);
    this.#applyRules(key, typed);
  }

  /** Writes in the chat of the bot's channel, or in #general with a mention. */
  async write(
    name: string,
    text: string,
    isMention: boolean,
    means?: Meaning,
  ): Promise<void> {
    const person = this.world.getPerson(name);
    const messageId = toMessageId(`m${this.#authors.size + 1}`);
    this.#authors.set(messageId, name);
    const author = person.toMember();
    this.#process.listener?.onWritten({
      content: sealContent({ text }),
      guildId: sceneGuildId,
      channelId:
        isMention || !this.botChannel ? generalId : toRef(this.botChannel).channelId,
      messageId,
      author,
      isWebhook: false,
      isMention,
    });
    this.#noteMeaning(person, means, 'typed');
    await this.pass(2_000);
  }

  /** Says a text, and lets the time pass in which it is recognised and answered. Returns the number of the saying. */
  async say(name: string, text: string, means?: Meaning): Promise<number> {
    const person = this.world.getPerson(name);
    const saying = this.world.sayings.length;
    const packets = makeSayingPackets(person.id, saying, text, this.nowMs + frameMs);
    const fromMs = packets[0]?.atMs ?? this.nowMs;
    const toMs = packets.at(-1)?.atMs ?? this.nowMs;
    const unheard = {
      heardFrames: new Set<number>(),
      isRecognised: false,
      isCut: false,
    };
    this.world.sayings.push({ by: name, text, fromMs, toMs, ...unheard });
    this.#packets = [...this.#packets, ...packets].sort(
      (packet, otherPacket) => packet.atMs - otherPacket.atMs,
    );
    await this.pass(toMs - this.nowMs + recogniseMs);
    // What no recogniser got cannot count.
    const isHeard = (this.world.sayings[saying]?.heardFrames.size ?? 0) > 0;
    this.#noteMeaning(person, isHeard ? means : undefined, 'spoken');
    return saying;
  }

  /** Restarts the process in order, or kills it and begins the next. */
  async restart(how: 'restarts' | 'is killed', policy = this.#policy): Promise<void> {
    if (how === 'restarts') await this.waitFor(this.#process.stop());
    else this.world.botSeat.set(this.nowMs, undefined); // Discord drops the call of a dead process.
    await this.#beginProcess(policy);
  }

  /** Mutes the bot, or no longer. */
  mute(isOn: boolean): void {
    this.#process.fixture.sessions.onSeatChange(sceneGuildId, { kind: 'muted', isOn });
  }

  /** Somebody moves the bot. */
  async move(channel: SceneChannel): Promise<void> {
    const { channelId } = toRef(channel);
    this.#process.fixture.sessions.onSeatChange(sceneGuildId, {
      kind: 'moved',
      channelId,
    });
    await this.pass(2_000);
  }

  /** The database answers nothing, or again. */
  setDatabase(isAway: boolean): void {
    this.#isDatabaseAway = isAway;
    this.#stores.setTrouble(isAway ? 'unreadable' : undefined);
    if (!isAway) this.world.isUnread.set(this.nowMs, false);
  }

  setChat(state: SceneChat['state']): void {
    this.chat.state = state;
    this.captionChats.isForbidden = state === 'closed';
  }

  /** The money of the server is used, or a new day begins. */
  setMoney(isUsed: boolean): void {
    if (!isUsed) {
      this.clock.setWall(dayMs);
      return;
    }
    const amount = { nanoUsd: toUsd(serverDayUsd) };
    this.#budgets.ledger.charge(sceneGuildId, undefined, amount, this.clock.wallMs());
  }

  /** Copies the stores as the bot does each day. */
  async makeCopy(): Promise<void> {
    await this.pass(200);
    this.#stores.makeCopy();
    const people = [...this.world.people.values()];
    const noes = people
      .filter(({ answer }) => answer.last === 'no')
      .map((person) => person.name);
    this.#copy = { rules: this.#storedRules, noes };
  }

  /** Stops the bot, restores the copy, and starts it. A restore keeps the stricter rules of both, and brings back no yes. */
  async restoreCopy(): Promise<void> {
    await this.waitFor(this.#process.stop());
    await this.#stores.restoreCopy(this.#process.fixture.sessions.settings.choices);
    const { noes = [], rules = this.#storedRules } = this.#copy ?? {};
    this.#storedRules = chooseStricterRules(this.#storedRules, rules, this.#policy);
    for (const { answer, name } of this.world.people.values())
      answer.set(
        this.nowMs,
        noes.includes(name) || answer.last === 'no' ? 'no' : undefined,
      );
    await this.#beginProcess(this.#policy);
  }

  /** Lets time pass: on the grid of frames while anybody sounds, else from one timer to the next. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.nowMs + ms;
    while (this.nowMs < untilMs) {
      await this.clock.advance(this.#findNextMs(untilMs) - this.nowMs);
      this.#arrive();
      this.#tick();
    }
  }

  /** Lets time pass until a promise is kept. */
  async waitFor<Value>(promise: Promise<Value>): Promise<Value> {
    let isOver = false;
    const noted = promise.finally(() => {
      isOver = true;
    });
    noted.catch(() => undefined);
    const latestMs = this.nowMs + maxReplyMs;
    await passRounds(1);
    while (!isOver && this.nowMs < latestMs) await this.pass(frameMs);
    if (!isOver) throw new Error('The bot gave no reply within a minute.');
    return await noted;
  }

  /** Frees the folder and ends the process. */
  [Symbol.dispose](): void {
    this.#process.kill();
    this.#stores[Symbol.dispose]();
  }

  async #beginProcess(policy: ScenePolicy) {
    this.#process.kill();
    this.#link = undefined;
    this.#isSounding = false;
    for (const saying of this.world.sayings)
      if (saying.toMs + recogniseMs > this.nowMs) saying.isCut = true;
    this.#policy = policy;
    this.world.isUnread.set(this.nowMs, this.#isDatabaseAway);
    const { policy: stored = policy } = this.#storedRules;
    this.world.changeRules({ ...this.#storedRules, policy: stored }, this.nowMs);
    this.#process = this.#openProcess();
    void this.#process.begin();
    await this.pass(2_000);
  }

  #openProcess() {
    return new SceneProcess({
      clock: this.clock,
      stores: this.#stores,
      chat: this.chat,
      budgets: this.#budgets.budgets,
      policy: this.#policy,
      openLink: (channel, mayHear) => this.#openLink(channel, mayHear),
      places: this.#places,
      getAuthor: (messageId) => this.#authors.get(messageId),
      engines: {
        chat: sceneModel,
        ...this.#createRecognisers(),
        synthesizer: { synthesize: (text) => this.#synthesize(text) },
        codec: sceneCodec,
        weights,
        captionChats: this.captionChats,
        transcripts: this.#transcripts,
      },
    });
  }

  async #openLink({ name }: ChannelRef, mayHear: MayHear) {
    const channel =
      sceneChannels.find((sceneChannel) => sceneChannel === name) ?? 'Lounge';
    const link = new FakeLink(mayHear);
    link.present.push(
      ...this.world.listPresent(channel).map((person) => person.toMember()),
    );
    this.#link = { link, channel };
    this.world.botSeat.set(this.nowMs, channel);
    return link;
  }

  /** Recognises sayings by the marks in their sound, and notes which frames it got. */
  #recognise(samples: Int16Array, isUsual: boolean) {
    const { sayings } = this.world;
    const texts = new Set<string>();
    for (const { frame, saying } of readMarks(samples)) {
      const said = sayings[saying];
      if (!said) continue;
      said.heardFrames.add(frame);
      said.isRecognised ||= isUsual;
      texts.add(said.text);
    }
    return { text: [...texts].join(' '), language: 'en' };
  }

  /** The usual recogniser, and that of this machine for commands. */
  #createRecognisers() {
    const recogniseSamples = (samples: Int16Array, isUsual: boolean) =>
      this.#recognise(samples, isUsual);
    const transcriber: Transcriber = {
      async *transcribe({ samples }) {
        yield { kind: 'final', transcript: recogniseSamples(samples, true) };
      },
    };
    const localRecogniser = {
      isAvailable: true,
      recognise: async ({ samples }: { readonly samples: Int16Array }) =>
        recogniseSamples(samples, false),
    };
    return { localRecogniser, transcriber };
  }

  async *#synthesize(text: string) {
    const number = this.#voiceCount++;
    this.#voiceTexts.set(number % slots, { number, text, isNoted: false });
    const pieces = Math.min(60, Math.max(4, Math.ceil(text.length / 3)));
    for (let piece = 0; piece < pieces; piece++)
      yield {
        samples: makeVoiceSamples(number, 100),
        rateHz: 24_000,
        channels: 1,
      } as const;
  }

  #findNextMs(untilMs: number) {
    const nextMs = this.nowMs + frameMs;
    if (this.#isSounding || this.#packets.length > 0) return nextMs;
    const dueMs = Math.min(this.clock.nextDueMs, untilMs);
    return Math.max(nextMs, Math.ceil(dueMs / frameMs) * frameMs);
  }

  #arrive() {
    const due = this.#packets.filter(({ atMs }) => atMs <= this.nowMs);
    if (due.length === 0) return;
    this.#packets = this.#packets.slice(due.length);
    for (const packet of due) {
      const { seat } = this.world.findPerson(packet.speakerId) ?? {};
      if (this.#link && seat?.last === this.#link.channel)
        this.#link.link.arrive(packet);
    }
  }

  #tick() {
    if (!this.#link) return;
    const { link } = this.#link;
    if (link.closed) {
      this.#link = undefined;
      this.#isSounding = false;
      this.world.botSeat.set(this.nowMs, undefined);
      return;
    }
    this.#isSounding = false;
    link.onLeft = (frame) => {
      this.#isSounding = true;
      this.#noteSound(readVoice(frame)?.slot);
    };
    link.tick(this.nowMs);
  }

  #noteSound(slot: number | undefined) {
    const voice = slot === undefined ? undefined : this.#voiceTexts.get(slot);
    this.world.sounds.push({
      atMs: this.nowMs,
      number: voice?.number,
      text: voice?.text,
    });
    if (!voice || voice.isNoted) return;
    voice.isNoted = true;
    const channel = this.botChannel;
    const names = channel
      ? this.world.listPresent(channel).map((person) => person.name)
      : [];
    const line = {
      atMs: this.nowMs,
      kind: 'voice',
      names,
      text: voice.text,
      buttons: [],
    } as const;
    noteLine(this.world, line, this.chat.state);
  }

  #toCall(person: ScenePerson): Omit<CommandCall, 'inputs'> {
    const { id, name, roleIds } = person.toMember();
    const { seat, mayManage } = person;
    const channel = seat.last && toRef(seat.last);
    return {
      guildId: sceneGuildId,
      placeId: channel?.channelId ?? generalId,
      caller: {
        id,
        name,
        roleIds,
        mayManage,
        locale: this.#locale,
        ...(channel && { channel }),
      },
    };
  }

  #noteReplies(person: ScenePerson, replies: Replies) {
    for (const reply of replies) this.#noteReply(person, reply);
    return replies;
  }

  #noteReply({ id }: ScenePerson, { buttons = [], lines = [], to, ...head }: Reply) {
    this.chat.noteReply(id, to !== 'room', [head, ...lines], buttons);
  }

  #noteMeaning(
    person: ScenePerson,
    means: Meaning | undefined,
    way: 'pressed' | 'typed' | 'spoken',
  ) {
    if (means === 'yes' || means === 'no')
      this.world.noteAnswer(person, means, this.nowMs);
    const isHere =
      this.botChannel !== undefined && person.seat.last === this.botChannel;
    if (means === 'no' || (means === 'stop' && isHere))
      this.world.meant.push({ atMs: this.nowMs, by: person.name, means, way });
  }

  /** A stricter rule counts from the moment at which it is typed. */
  #tightenRules(key: string, typed: string) {
    const { rules } = this.world;
    const change = toRulesChange(key, typed, this.#policy);
    if (!change) return;
    const tightened = chooseStricterRules(
      rules.last,
      { ...rules.last, ...change },
      this.#policy,
    );
    const { policy = this.#policy } = tightened;
    this.world.changeRules({ ...tightened, policy }, this.nowMs);
  }

  #applyRules(key: string, typed: string) {
    const change = toRulesChange(key, typed, this.#policy);
    if (!change) return;
    this.world.changeRules(change, this.nowMs);
    if (!this.#isDatabaseAway) {
      const isDefault = key === 'consent' && typed === 'default';
      this.#storedRules = {
        ...this.#storedRules,
        ...change,
        ...(isDefault && { policy: undefined }),
      };
    }
  }

  #createPlaces(): Places {
    const findByChannelId = (channelId: string) =>
      sceneChannels.map(toRef).find((channelRef) => channelRef.channelId === channelId);
    return {
      hasGuild: (guildId) => guildId === sceneGuildId,
      findChannelFacts: () => healthyFacts,
      getBotName: () => 'Nova',
      listRoleNames: (_guildId, roleIds) => roleIds.map((id) => `role ${id}`),
      mayManage: (_guildId, id) => this.world.findPerson(id)?.mayManage === true,
      getLocale: () => this.#locale,
      findChannel: (_guildId, channelId) => findByChannelId(channelId),
      findSeat: (_guildId, id) => {
        const channel = this.world.findPerson(id)?.seat.last;
        return channel && toRef(channel);
      },
      isNoWider: () => true,
      hasSameReaders: () => !this.#isDenClosed,
      listMembers: async () => [],
      listEventChannels: () => [],
      listSoundboard: async () => [],
      listPeople: ({ name }) => {
        const channel = sceneChannels.find((sceneChannel) => sceneChannel === name);
        return channel
          ? this.world.listPresent(channel).map((person) => person.toMember())
          : [];
      },
    };
  }
}

/** A text that the bot's voice was made for. */
type VoiceText = { readonly number: number; readonly text: string; isNoted: boolean };

/** Time, in ms, in which a saying is recognised, and an answer begins. */
const recogniseMs = 2_400;

/** What a setting changes about who is heard. Undefined: nothing. */
function toRulesChange(
  key: string,
  typed: string,
  operator: ScenePolicy,
): Partial<SceneRules> | undefined {
  if (key === 'consent') return { policy: parsePolicy(typed) ?? operator };
  if (key === 'roles') return { needsRole: typed.startsWith('{') };
  if (key === 'blocked')
    return { blocked: [...typed.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name) };
  return undefined;
}

function chooseStricterRules(
  rules: StoredRules,
  otherRules: StoredRules,
  operator: ScenePolicy,
): StoredRules {
  const [first, second] = [rules.policy ?? operator, otherRules.policy ?? operator];
  const isFirst = scenePolicies.indexOf(first) <= scenePolicies.indexOf(second);
  return {
    policy: isFirst ? rules.policy : otherRules.policy,
    needsRole: rules.needsRole || otherRules.needsRole,
    blocked: [...new Set([...rules.blocked, ...otherRules.blocked])],
  };
}
