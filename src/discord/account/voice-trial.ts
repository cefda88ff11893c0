import '#src/discord/library/sodium.ts';
import { version as voiceVersion } from '@discordjs/voice';
import { VERSION as daveyVersion } from '@snazzah/davey';
import { type Client, version as discordVersion, Events } from 'discord.js';
import type { Frame } from '#src/audio/frame.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import { nobody } from '#src/base/ids.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { closeClient, createClient, LoginDeadline, logIn } from '#src/discord/login.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { DiscordPlaces } from '#src/discord/places.ts';
import type { ChannelFacts } from '#src/people/join-rules.ts';
import { getShardId } from '#src/people/server-share.ts';
import type {
  ChannelRef,
  LinkState,
  VoiceLink,
  VoiceRestriction,
} from '#src/ports/voice-link.ts';
import type { AccountLogin } from './account-rest.ts';

/** Versions of the libraries that carry voice, for the report of a trial. */
export const voiceVersions: string = `discord.js ${discordVersion}, @discordjs/voice ${voiceVersion}, davey ${daveyVersion}`;

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
  const shard = {
    id: getShardId(guildId, count),
    count,
    recommendedCount: count,
    waitToIdentify: async () => undefined,
  };
  const loginOptions = {
    ...login,
    shard: count > 1 ? shard : undefined,
    timeoutMs: loginMs,
    deadline: new LoginDeadline(loginMs),
  };
  const client = createClient(loginOptions);
  // An error without a listener would end the process.
  client.on(Events.Error, () => undefined).on(Events.ShardError, () => undefined);
  return new VoiceTrial(await logIn(client, loginOptions, signal), options);
}

/** A trial of voice links, one at a time. Disposing leaves the channel and closes the gateway. */
export class VoiceTrial implements AsyncDisposable {
  readonly #client;
  readonly #clock;
  readonly #opener;
  readonly #places;
  readonly #over = new AbortController();
  readonly #troubles: string[] = [];
  readonly #restrictions = new Set<VoiceRestriction>();
  #link: VoiceLink | undefined;
  #reopening: Promise<void> | undefined;
  #loss: unknown;

  constructor(client: Client<true>, { clock, connectMs }: VoiceTrialOptions) {
    const onDiscordEvent = (event: DiscordEvent) => this.#onDiscordEvent(event);
    this.#client = client;
    this.#clock = clock;
    this.#opener = new DiscordLinkOpener(client, clock, onDiscordEvent, {
      connectMs,
    });
    this.#places = new DiscordPlaces(client);
    watchOwnState(client, onDiscordEvent);
  }

  /** Names of raised alerts, and close codes of the voice socket, in order. */
  get troubles(): readonly string[] {
    return this.#troubles;
  }

  /** True while a moderator or a stage keeps the bot silent. */
  get isMute(): boolean {
    return this.#restrictions.size > 0;
  }

  /** False before a join, while a broken link is opened anew, and once that has failed. */
  get isOpen(): boolean {
    return this.#link !== undefined && this.#loss === undefined;
  }

  /** Reads the facts that decide whether the bot may join, as for a caller without rights. */
  getChannelFacts(channel: ChannelRef): ChannelFacts | undefined {
    return this.#places.findChannelFacts(channel, nobody);
  }

  /** Joins a channel in place of an open link. Throws as `openLink` does. */
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
  async stayConnected(ms: number, signal: AbortSignal): Promise<void> {
    const untilMs = this.#clock.nowMs() + ms;
    do {
      const waitMs = Math.min(checkMs, untilMs - this.#clock.nowMs());
      await this.#clock.sleep(waitMs, signal);
      await this.#reopening;
      if (this.#loss !== undefined) throw this.#loss;
    } while (this.#clock.nowMs() < untilMs);
  }

  /** Plays frames. Returns `away` if some were not sent. */
  async play(frames: readonly Frame[], signal: AbortSignal): Promise<'left' | 'away'> {
    const waitingFrames = [...frames];
    let sentFrames = 0;
    const source = {
      pullFrame: () => waitingFrames.shift(),
      markSent: () => {
        sentFrames++;
      },
      isIdle: true,
    };
    this.#link?.playFrames(source).wake();
    const untilMs = this.#clock.nowMs() + frames.length * 20 + lateMs;
    while (sentFrames < frames.length && this.#clock.nowMs() < untilMs)
      await this.stayConnected(checkMs, signal);
    return sentFrames < frames.length ? 'away' : 'left';
  }

  /** Leaves the channel. Resolves once Discord has confirmed, or after a second. */
  async leave(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.[Symbol.asyncDispose]();
  }

  /** Leaves the channel and closes the gateway. */
  async [Symbol.asyncDispose](): Promise<void> {
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
      if (this.#link === link) this.#reopening = this.#reopenLink(channel, error);
    }
  }

  async #reopenLink(channel: ChannelRef, cause: unknown) {
    try {
      if (!(cause instanceof BotError && cause.retryable)) throw cause;
      await this.join(channel, this.#over.signal);
    } catch (error) {
      this.#loss = error;
    }
  }
}
