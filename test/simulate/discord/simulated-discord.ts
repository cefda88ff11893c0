import { PermissionFlagsBits } from 'discord.js';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { SyncTiming } from '#src/base/clock.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import type { Luck } from '#test/simulate/luck.ts';
import { type PacketData, SimulatedGateway } from './simulated-gateway.ts';
import {
  failingSteps,
  SimulatedVoice,
  type SimulatedVoiceDeps,
} from './simulated-voice.ts';

/** How the network of a world treats messages of Discord. */
export type DiscordPlan = {
  /** Longest delay of a message of the gateway, of a voice socket and of its answers, in ms. */
  readonly latencyMs: number;
  /** Discord tells of the voice server before it tells of the seat, now and then. */
  readonly swapsUpdates: boolean;
  /** Each seat is told of twice, now and then. */
  readonly repeatsUpdates: boolean;
  readonly closesSlowly: boolean;
  readonly answersProbes: boolean;
  /** Calls are end-to-end encrypted. */
  readonly hasGroup: boolean;
  readonly isStage: boolean;
};

export type SimulatedDiscordOptions = {
  readonly timing: SyncTiming;
  readonly luck: Luck;
  readonly plan: DiscordPlan;
  readonly channels: readonly ChannelRef[];
  /** People who exist, by their names. */
  readonly people: readonly string[];
  readonly onLeft: SimulatedVoiceDeps['onLeft'];
  /** Called as the bot asks for a seat. Null: it gives its seat up. */
  readonly onSeatAsked: (channelId: string | null) => void;
};

/** A seat of somebody in the server. */
type Seat = {
  channelId: string | null;
  isDeaf: boolean;
  isMuted: boolean;
  isSuppressed: boolean;
};

/** Role by which a server may say who uses the bot. */
export const redRoleId: string = '222222222222222222';
const botId = 'nova';
/** Another bot. */
const robotId = 'robot';
/** Longest time, in ms, until Discord has confirmed that the bot left. The bot waits for less. */
const maxCloseMs = 2_500;
/** Time, in ms, until the bot may speak on a stage. */
const audienceMs = 700;
/** Longest time, in ms, after which Discord tells of the same voice server again. */
const maxAgainMs = 1_000;
/** Share of updates that come in another order, or twice. */
const oddShare = 0.5;
const joinedAt = '2026-01-01T00:00:00.000Z';
const [voiceType, stageType] = [2, 13];
const rights = PermissionFlagsBits;
const everyRight =
  rights.ViewChannel |
  rights.Connect |
  rights.Speak |
  rights.SendMessages |
  rights.ReadMessageHistory;

/** Acts after which the bot may ask for a seat, or leave. */
const seatActs: ReadonlySet<string> = new Set([
  'leave',
  'call',
  'restart',
  'kill',
  'stand-still',
  'lose-link',
  'move-server',
  'udp-dies',
  'socket-freezes',
  'go',
  'go-to-den',
  'go-to-lounge',
]);

let worlds = 0;

/** One server of Discord in virtual time: seats, roles and rights, its gateway and its voice servers. */
export class SimulatedDiscord {
  readonly voice: SimulatedVoice;
  readonly #options;
  readonly #seats = new Map<string, Seat>();
  readonly #roles = new Map<string, readonly string[]>();
  #gateway: SimulatedGateway | undefined;
  #session = 0;
  #token = 0;
  #asked = 0;
  #handledMs = 0;
  #draws = 0;
  /** True from a move of the bot or of its voice server on, until its link follows or something else may end its seat. */
  #isMoved = false;
  /** Acts after which the bot may ask for a seat, or leave. */
  #seatActCount = 0;
  /** Requests for a seat, or to leave, where a link had only to follow a move. */
  needlessRequests = 0;
  /** Reads of members fail. */
  isUnreachable = false;
  readonly #domain: string;
  /** People whose voice the bot cannot open. */
  readonly #sealed = new Set<string>();
  #givesSeats = true;
  #hasIdleSeat = false;
  /** Latest instant, in ms, at which somebody moved the bot or sent it away. */
  sentAwayMs = Number.NEGATIVE_INFINITY;

  constructor(options: SimulatedDiscordOptions) {
    this.#options = options;
    this.#domain = `world-${worlds++}.invalid`;
    const { luck, onLeft, plan, timing } = options;
    this.voice = new SimulatedVoice({
      timing,
      domain: this.#domain,
      draw: (key) => luck.draw(key),
      onLeft,
      latencyMs: plan.latencyMs,
      answersProbes: plan.answersProbes,
      hasGroup: plan.hasGroup,
      swapsUpdates: plan.swapsUpdates,
      isSeated: (token, sessionId) =>
        this.botChannel !== null &&
        token === `token-${this.#token}` &&
        sessionId === `session-${this.#session}`,
      listPeople: () => this.listHere(this.botChannel),
    });
  }

  /** Channel in which the bot sits. */
  get botChannel(): string | null {
    return this.#seats.get(botId)?.channelId ?? null;
  }

  /** Lists the people in a channel, without the bot. */
  listHere(channelId: string | null): readonly string[] {
    return [...this.#seats]
      .filter(([id, seat]) => id !== botId && seat.channelId === channelId)
      .map(([id]) => id);
  }

  /** Whether people are where the bot sits. */
  get hasCompany(): boolean {
    return this.listHere(this.botChannel).some((id) => id !== robotId);
  }

  /** Whether people sit in a channel. */
  hasPeople(channelId: string): boolean {
    return this.listHere(channelId).some((id) => id !== robotId);
  }

  /** Whether the bot has a seat that it asked for, without having been in the call. */
  get hasIdleSeat(): boolean {
    return this.#hasIdleSeat && !this.voice.hasCall(`token-${this.#token}`);
  }

  /** People whose voice nobody can open. */
  get sealedPeople(): readonly string[] {
    return [...this.#sealed];
  }

  /** Whether the only person with the bot, or two of several, cannot be opened. */
  get isMostlySealed(): boolean {
    const here = this.listHere(this.botChannel);
    const sealed = here.filter((id) => this.#sealed.has(id)).length;
    return sealed > (here.length === 1 ? 0 : 1);
  }

  /** From now on nobody can open the voice of a person. */
  seal(id: string): void {
    this.#sealed.add(id);
  }

  /** The voice of everybody can be opened again, but of one person, and never of this one. */
  unsealBut(id: string): void {
    const kept = [...this.#sealed].find((text) => text !== id);
    this.#sealed.clear();
    if (kept !== undefined) this.#sealed.add(kept);
  }

  /** Discord gives seats, or none. */
  giveSeats(givesSeats: boolean): void {
    this.#givesSeats = givesSeats;
  }

  /** The gateway forgets the bot's session, and with it the seat. The bot logs in anew; its voice server goes on. */
  forgetSession(): void {
    this.#beginSession();
    this.#getSeat(botId).channelId = null;
    this.#gateway?.logInAnew();
  }

  /** Whether a person sits in a channel. */
  isSeatedIn(id: string, channelId: string | null): boolean {
    return channelId !== null && this.#seats.get(id)?.channelId === channelId;
  }

  /** Whether a person sits with the bot. */
  isWithBot(id: string): boolean {
    return this.isSeatedIn(id, this.botChannel);
  }

  /** A process of the bot logs in. Discord forgets the session of a former one. */
  logIn(timing: SyncTiming): SimulatedGateway {
    this.#gateway?.cut();
    this.#beginSession();
    this.voice.timing = timing;
    const gateway = new SimulatedGateway({
      timing,
      // The library keeps the connections of two processes apart by it.
      applicationId: `${this.#session}.${this.#domain}`,
      user: this.#describeUser(botId),
      describeGuild: () => this.#describeGuild(),
      onSeatRequest: (channelId) => this.#askForSeat(channelId),
      request: (...args) => this.#request(...args),
    });
    this.#gateway = gateway;
    return gateway;
  }

  /** A person sits down, moves, or leaves. */
  seat(id: string, channelId: string | null): void {
    const seat = this.#getSeat(id);
    if (seat.channelId === channelId) return;
    const wasWithBot = this.isWithBot(id);
    seat.channelId = channelId;
    if (wasWithBot) this.voice.disconnect(id);
    if (this.isWithBot(id)) this.voice.connect(id);
    this.#tellSeat(id);
  }

  /** A person deafens themselves, or not. */
  deafen(id: string, isDeaf: boolean): void {
    const seat = this.#getSeat(id);
    if (seat.isDeaf === isDeaf) return;
    seat.isDeaf = isDeaf;
    if (seat.channelId !== null) this.#tellSeat(id);
  }

  /** A moderator mutes the bot, or not. */
  muteBot(isMuted: boolean): void {
    const seat = this.#getSeat(botId);
    if (seat.isMuted === isMuted) return;
    seat.isMuted = isMuted;
    if (this.botChannel !== null) this.#tellSeat(botId);
  }

  /** Roles of a person change. Discord does not tell bots of it that may not know all members. */
  setRoles(id: string, roleIds: readonly string[]): void {
    this.#roles.set(id, roleIds);
  }

  /** A person comes with another source, and somebody else gets the former one before Discord tells of it. */
  swapSource(id: string): void {
    const otherText = this.listHere(this.botChannel).find((text) => text !== id);
    this.voice.swapSource(id, otherText);
  }

  /** Discord tells of a member after all, as of one whom the bot has just asked for. */
  tellMember(id: string): void {
    const d = { guild_id: this.#guildId, ...this.#describeMember(id) };
    this.#gateway?.dispatch('GUILD_MEMBER_UPDATE', d, this.#drawMs());
  }

  /** Whether a person has had a role. */
  hasRole(id: string, roleId: string): boolean {
    return this.#roles.get(id)?.includes(roleId) === true;
  }

  /** A moderator moves the bot. */
  moveBot(channelId: string): void {
    if (this.botChannel === null) return;
    this.sentAwayMs = this.#options.timing.nowMs();
    this.#isMoved = this.#isWell || (!this.#isAsked && this.#isMoved);
    this.voice.failingStep = undefined;
    this.#takeSeat(channelId);
  }

  /** Notes an act of the script, after which the bot may ask for a seat, or leave. */
  noteAct(kind: string): void {
    if (!seatActs.has(kind)) return;
    this.#seatActCount++;
    this.#isMoved = false;
  }

  /** A moderator sends the bot away. */
  disconnectBot(): void {
    this.sentAwayMs = this.#options.timing.nowMs();
    this.#isMoved = false;
    this.#leaveSeat(0);
  }

  /**
   * The voice server of the bot's call goes, and another takes over after `ms`. Out of order, the bot is told of the other
   * one at once, and the former one ends the call later.
   */
  moveServer(ms: number): void {
    if (this.botChannel === null) return;
    const { luck, plan, timing } = this.#options;
    const drawLuck = (key: string) => luck.draw(`region ${key} ${timing.nowMs()}`);
    const isWell = this.#isWell;
    const acts = this.#seatActCount;
    const isSwapped = plan.swapsUpdates && drawLuck('swapped') < oddShare;
    const closeCode = drawLuck('closes') < oddShare ? 4_014 : undefined;
    const endCalls = this.voice.planEnd(closeCode);
    const token = ++this.#token;
    this.voice.moveServer();
    this.#hasIdleSeat = false;
    const session = this.#session;
    const tellServer = () => {
      // A process that has logged in since then has no seat there.
      if (session !== this.#session || token !== this.#token) return;
      if (this.botChannel === null) return;
      this.#tellServer(this.#host);
      this.#hasIdleSeat = this.voice.failingStep === undefined;
      // From here on only the bot keeps it from going on, unless something else has ended its seat meanwhile.
      const isAlone = closeCode !== undefined && acts === this.#seatActCount;
      this.#isMoved = isWell && isAlone;
    };
    if (isSwapped) {
      tellServer();
      timing.later(ms, endCalls);
    } else {
      this.#tellServer(null);
      endCalls();
      timing.later(ms, tellServer);
    }
    if (plan.repeatsUpdates && drawLuck('again') < oddShare)
      timing.later(ms + maxAgainMs * drawLuck('again after'), tellServer);
  }

  /** A packet of a person comes to the voice server. False: nobody listens. */
  relay(packet: Packet): boolean {
    const { speakerId } = packet;
    const isClosed = this.#sealed.has(speakerId);
    return this.isWithBot(speakerId) && this.voice.relay(packet, isClosed);
  }

  /** Whether the bot waits for a seat, or for the end of one. */
  get #isAsked() {
    return this.#handledMs > this.#options.timing.nowMs();
  }

  /** Whether the bot is in a call that nothing disturbs. */
  get #isWell() {
    const { current, isCarried, isFrozen } = this.voice;
    return !this.#isAsked && current !== undefined && isCarried && !isFrozen;
  }

  get #host() {
    return `voice-${this.#token}.${this.#domain}`;
  }

  #askForSeat(channelId: string | null) {
    const { luck, plan, timing } = this.#options;
    const nowMs = timing.nowMs();
    this.#options.onSeatAsked(channelId);
    // In its new call it has followed.
    if (this.voice.current) this.#isMoved = false;
    if (this.#isMoved) this.needlessRequests++;
    if (channelId === null) {
      const closeMs = plan.closesSlowly
        ? 50 + luck.draw(`close ${this.#draws++}`) * (maxCloseMs - 50)
        : this.#drawMs();
      this.#handleInOrder(nowMs + closeMs, () => this.#leaveSeat(0));
      return;
    }
    const isFirst = this.#asked++ === 0;
    const { fails, takesMs } = luck.callPort('link', 100, 800, 15_000);
    const step = failingSteps[Math.floor(luck.draw(`step ${this.#asked}`) * 6)];
    this.#handleInOrder(nowMs + (isFirst ? 0 : takesMs), () => {
      this.voice.failingStep = isFirst || !fails ? undefined : step;
      // Without a step it is the seat itself that is not given.
      const isGiven = isFirst || !fails || step !== undefined;
      if (isGiven && this.#givesSeats) this.#takeSeat(channelId);
      this.#hasIdleSeat =
        isGiven && this.#givesSeats && this.voice.failingStep === undefined;
    });
  }

  #beginSession() {
    this.#session++;
    this.#hasIdleSeat = false;
    this.#handledMs = this.#options.timing.nowMs();
  }

  /** The gateway handles requests one after the other, and forgets them with the session in which they were made. */
  #handleInOrder(atMs: number, work: () => void) {
    const { timing } = this.#options;
    const nowMs = timing.nowMs();
    const session = this.#session;
    this.#handledMs = Math.max(this.#handledMs, atMs);
    timing.later(this.#handledMs - nowMs, () => {
      if (session === this.#session) work();
    });
  }

  #takeSeat(channelId: string) {
    this.#hasIdleSeat = false;
    const { luck, plan } = this.#options;
    const seat = this.#getSeat(botId);
    const isNew = seat.channelId !== channelId;
    seat.channelId = channelId;
    seat.isSuppressed = plan.isStage && (isNew ? true : seat.isSuppressed);
    this.voice.endCalls(isNew ? 4_014 : undefined);
    this.#token++;
    const drawOdd = () => luck.draw(`update ${this.#draws++}`) < oddShare;
    const isSwapped = plan.swapsUpdates && drawOdd();
    if (isSwapped) this.#tellServer(this.#host);
    this.#tellSeat(botId);
    if (plan.repeatsUpdates && drawOdd()) this.#tellSeat(botId);
    if (!isSwapped) this.#tellServer(this.#host);
  }

  #leaveSeat(ms: number) {
    const seat = this.#getSeat(botId);
    seat.channelId = null;
    this.#hasIdleSeat = false;
    this.voice.endCalls(4_014);
    this.#tellSeat(botId, ms);
  }

  #tellServer(endpoint: string | null) {
    const d = { guild_id: this.#guildId, token: `token-${this.#token}`, endpoint };
    this.#gateway?.dispatch('VOICE_SERVER_UPDATE', d, this.#drawMs());
  }

  #tellSeat(id: string, ms = this.#drawMs()) {
    this.#gateway?.dispatch('VOICE_STATE_UPDATE', this.#describeSeat(id), ms);
  }

  async #request(method: string, route: string, body: unknown): Promise<unknown> {
    const { luck, timing } = this.#options;
    const ms = this.#drawMs();
    if (ms > 0) await new Promise<void>((resolve) => timing.later(ms, resolve));
    const [, memberId] = /\/members\/([^/]+)$/.exec(route) ?? [];
    if (this.isUnreachable) throw new Error('Discord is away.');
    if (method === 'get' && memberId !== undefined)
      return this.#describeMember(memberId);
    if (method === 'patch' && decodeURIComponent(route).endsWith('/voice-states/@me')) {
      const askedMs = audienceMs * (0.5 + luck.draw(`audience ${this.#draws++}`));
      timing.later(askedMs, () => {
        this.#getSeat(botId).isSuppressed = false;
        if (this.botChannel !== null) this.#tellSeat(botId);
      });
      return undefined;
    }
    throw new Error(`Nobody answers ${method} ${route} ${JSON.stringify(body)}.`);
  }

  #getSeat(id: string) {
    const seat = this.#seats.get(id) ?? {
      channelId: null,
      isDeaf: false,
      isMuted: false,
      isSuppressed: false,
    };
    this.#seats.set(id, seat);
    return seat;
  }

  #drawMs() {
    const { luck, plan } = this.#options;
    return plan.latencyMs === 0
      ? 0
      : Math.floor(luck.draw(`gateway ${this.#draws++}`) * plan.latencyMs);
  }

  get #guildId() {
    return `${this.#options.channels[0]?.guildId}`;
  }

  #describeUser(id: string): PacketData {
    return {
      id,
      username: id,
      global_name: toName(id),
      discriminator: '0',
      avatar: null,
      bot: id === botId || id === robotId,
    };
  }

  #describeMember(id: string): PacketData {
    return {
      user: this.#describeUser(id),
      nick: null,
      avatar: null,
      roles: this.#roles.get(id) ?? [],
      joined_at: joinedAt,
      deaf: false,
      mute: false,
      flags: 0,
    };
  }

  #describeSeat(id: string): PacketData {
    const { channelId, isDeaf, isMuted, isSuppressed } = this.#getSeat(id);
    return {
      guild_id: this.#guildId,
      channel_id: channelId,
      user_id: id,
      session_id: id === botId ? `session-${this.#session}` : id,
      deaf: false,
      mute: isMuted,
      self_deaf: isDeaf,
      self_mute: false,
      self_video: false,
      suppress: isSuppressed,
      request_to_speak_timestamp: null,
      member: this.#describeMember(id),
    };
  }

  #describeGuild(): PacketData {
    const { channels, people, plan } = this.#options;
    const ids = [botId, robotId, ...people];
    return {
      id: this.#guildId,
      name: 'Simulated',
      owner_id: 'owner',
      preferred_locale: 'en-US',
      unavailable: false,
      features: [],
      emojis: [],
      stickers: [],
      threads: [],
      presences: [],
      stage_instances: [],
      guild_scheduled_events: [],
      member_count: ids.length,
      roles: [describeRole(this.#guildId, everyRight), describeRole(redRoleId, 0n)],
      members: ids.map((id) => this.#describeMember(id)),
      voice_states: ids
        .filter((id) => this.#getSeat(id).channelId !== null)
        .map((id) => this.#describeSeat(id)),
      channels: channels.map(({ channelId, name }, position) => ({
        id: channelId,
        guild_id: this.#guildId,
        name,
        type: plan.isStage ? stageType : voiceType,
        position,
        parent_id: null,
        bitrate: 64_000,
        user_limit: 0,
        // Each channel has readers of its own.
        permission_overwrites: [
          { id: `stranger-${channelId}`, type: 1, allow: '0', deny: `${everyRight}` },
        ],
      })),
    };
  }
}

function describeRole(id: string, permissions: bigint): PacketData {
  return {
    id,
    name: id,
    color: 0,
    position: 0,
    hoist: false,
    permissions: `${permissions}`,
    managed: false,
    mentionable: false,
    flags: 0,
  };
}

/** Name of a person, as people read it. */
function toName(id: string): string {
  return `${id.charAt(0).toUpperCase()}${id.slice(1)}`;
}
