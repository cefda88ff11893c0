import '#src/discord/library/sodium.ts';
import { version as voiceVersion } from '@discordjs/voice';
import { VERSION as daveyVersion } from '@snazzah/davey';
import { type Client, version as discordVersion, Events } from 'discord.js';
import type { Frame } from '#src/audio/frame.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { openVoiceLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import {
  closeClient,
  createClient,
  logIn,
  startLoginDeadline,
} from '#src/discord/login.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { openPlaces } from '#src/discord/places.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import { getShardId } from '#src/people/server-share.ts';
import type { ChannelRef, LinkState, VoiceLink } from '#src/ports/voice-link.ts';
import type { AccountLogin } from './account-rest.ts';

export const voiceVersions = `discord.js ${discordVersion}, @discordjs/voice ${voiceVersion}, davey ${daveyVersion}`;

type VoiceTrialOptions = {
  readonly shards: number;
  readonly connectMs?: number;
  readonly clock: Clock;
};

/** `others` counts the other people in the channel. */
export type OpenedLink = LinkState & {
  readonly joinedInMs: number;
  readonly others: number;
};

const [loginMs, lateMs] = [20_000, 5_000];
const checkMs = 50;

/** Logs in for a trial of voice links. Throws as `logIn` does. */
export async function openVoiceTrial(
  login: AccountLogin,
  { guildId }: ChannelRef,
  options: VoiceTrialOptions,
  signal: AbortSignal,
): Promise<VoiceTrial> {
  const { shards: count } = options;
  const id = getShardId(guildId, count);
  const shard = {
    id,
    count,
    recommendedCount: count,
    waitToIdentify: async () => undefined,
  };
  const deadline = startLoginDeadline(loginMs);
  const all = {
    ...login,
    shard: count > 1 ? shard : undefined,
    timeoutMs: loginMs,
    deadline,
  };
  const client = createClient(all);
  // An error without a listener would end the process.
  client.on(Events.Error, () => undefined).on(Events.ShardError, () => undefined);
  return new VoiceTrial(await logIn(client, all, signal), options);
}

/** Disposing leaves the channel and closes the gateway. */
export class VoiceTrial implements AsyncDisposable {
  readonly #client;
  readonly #clock;
  readonly #opener;
  readonly #places;
  readonly #over = new AbortController();
  readonly #troubles: string[] = [];
  readonly #restrictions = new Set<string>();
  #link: VoiceLink | undefined;
  #reopening: Promise<void> | undefined;
  #loss: unknown;

  constructor(client: Client<true>, { clock, connectMs }: VoiceTrialOptions) {
    this.#client = client;
    this.#clock = clock;
    const reportEvent = (event: DiscordEvent) => this.#onDiscordEvent(event);
    this.#opener = openVoiceLinkOpener(client, reportEvent, { connectMs });
    this.#places = openPlaces(client);
    watchOwnState(client, reportEvent);
  }

  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** Returns whether a moderator or a stage keeps the bot silent. */
  get isMute(): boolean {
    return this.#restrictions.size > 0;
  }

  get isOpen(): boolean {
    return this.#link !== undefined && this.#loss === undefined;
  }

  getChannelFacts(channel: ChannelRef): ChannelFacts | undefined {
    return this.#places.findChannelFacts(channel, '');
  }

  /**
   * Joins a channel in place of an open link. Throws as `VoiceLinkOpener.openLink`
   * does.
   */
  async join(channel: ChannelRef, signal: AbortSignal): Promise<OpenedLink> {
    const startMs = this.#clock.nowMs();
    this.#link = undefined;
    const link = await this.#opener.openLink(channel, () => false, signal);
    const joinedInMs = this.#clock.nowMs() - startMs;
    this.#link = link;
    this.#loss = undefined;
    void this.#watchLink(link, channel);
    return { ...link.getState(), joinedInMs, others: link.listPeople().length };
  }

  /** Waits, and opens a broken link anew. Throws the error of a lost link. */
  async stayConnected(ms: number, signal: AbortSignal) {
    const untilMs = this.#clock.nowMs() + ms;
    do {
      await this.#clock.sleep(Math.min(checkMs, untilMs - this.#clock.nowMs()), signal);
      await this.#reopening;
      if (this.#loss !== undefined) throw this.#loss;
    } while (this.#clock.nowMs() < untilMs);
  }

  /** Plays frames. Returns `away` if some were not sent. */
  async play(frames: readonly Frame[], signal: AbortSignal): Promise<'left' | 'away'> {
    const waiting = [...frames];
    let sent = 0;
    this.#link
      ?.playFrames({
        pullFrame: () => waiting.shift(),
        markSent: () => {
          sent++;
        },
        isIdle: true,
      })
      .wake();
    const untilMs = this.#clock.nowMs() + frames.length * 20 + lateMs;
    while (sent < frames.length && this.#clock.nowMs() < untilMs)
      await this.stayConnected(checkMs, signal);
    return sent < frames.length ? 'away' : 'left';
  }

  /** Leaves the channel. Resolves once Discord has confirmed, or after a second. */
  async leave() {
    const link = this.#link;
    this.#link = undefined;
    await link?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose]() {
    this.#over.abort(new Error('the trial is over'));
    await this.leave();
    await this.#opener[Symbol.asyncDispose]();
    await closeClient(this.#client);
  }

  #onDiscordEvent(event: DiscordEvent) {
    if (event.kind === 'alert' && event.state === 'raised')
      this.#troubles.push(event.name);
    if (event.kind === 'voice-closed')
      this.#troubles.push(`voice close ${event.closeCode}`);
    if (event.kind !== 'muted' && event.kind !== 'suppressed') return;
    if (event.isOn) this.#restrictions.add(event.kind);
    else this.#restrictions.delete(event.kind);
  }

  async #watchLink(link: VoiceLink, channel: ChannelRef) {
    try {
      for await (const _ of link.receivePackets(this.#over.signal)) {
        // No person may be heard, so no packet comes.
      }
    } catch (error) {
      if (this.#link === link) this.#reopening = this.#reopen(channel, error);
    }
  }

  async #reopen(channel: ChannelRef, loss: unknown) {
    try {
      if (!(loss instanceof BotError && loss.retryable)) throw loss;
      await this.join(channel, this.#over.signal);
    } catch (error) {
      this.#loss = error;
    }
  }
}
