import '#src/discord/library/sodium.ts';
import { version as voiceVersion } from '@discordjs/voice';
import { VERSION as daveyVersion } from '@snazzah/davey';
import { type Client, version as discordVersion, Events } from 'discord.js';
import type { Frame } from '#src/audio/frame.ts';
import type { Clock } from '#src/base/clock.ts';
import { BotError } from '#src/base/errors.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { DiscordLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import {
  closeClient,
  createClient,
  logIn,
  startLoginDeadline,
} from '#src/discord/login.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { openPlaces } from '#src/discord/places.ts';
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
  return createVoiceTrial(await logIn(client, all, signal), options);
}

export type VoiceTrial = ReturnType<typeof createVoiceTrial>;

/** Disposing leaves the channel and closes the gateway. */
function createVoiceTrial(
  client: Client<true>,
  { clock, connectMs }: VoiceTrialOptions,
) {
  const opener = new DiscordLinkOpener(client, onDiscordEvent, { connectMs });
  const places = openPlaces(client);
  const over = new AbortController();
  const troubles: string[] = [];
  const restrictions = new Set<string>();
  let current: VoiceLink | undefined;
  let reopening: Promise<void> | undefined;
  let loss: unknown;
  watchOwnState(client, onDiscordEvent);

  function onDiscordEvent(event: DiscordEvent) {
    if (event.kind === 'alert' && event.state === 'raised') troubles.push(event.name);
    if (event.kind === 'voice-closed') troubles.push(`voice close ${event.closeCode}`);
    if (event.kind !== 'muted' && event.kind !== 'suppressed') return;
    if (event.isOn) restrictions.add(event.kind);
    else restrictions.delete(event.kind);
  }

  async function joinChannel(
    channel: ChannelRef,
    signal: AbortSignal,
  ): Promise<OpenedLink> {
    const startMs = clock.nowMs();
    current = undefined;
    const link = await opener.openLink(channel, () => false, signal);
    const joinedInMs = clock.nowMs() - startMs;
    current = link;
    loss = undefined;
    void watchLink(link, channel);
    return { ...link.getState(), joinedInMs, others: link.listPeople().length };
  }

  async function watchLink(link: VoiceLink, channel: ChannelRef) {
    try {
      for await (const _ of link.receivePackets(over.signal)) {
        // No person may be heard, so no packet comes.
      }
    } catch (error) {
      if (current === link) reopening = reopenLink(channel, error);
    }
  }

  async function reopenLink(channel: ChannelRef, cause: unknown) {
    try {
      if (!(cause instanceof BotError && cause.retryable)) throw cause;
      await joinChannel(channel, over.signal);
    } catch (error) {
      loss = error;
    }
  }

  async function stayConnected(ms: number, signal: AbortSignal) {
    const untilMs = clock.nowMs() + ms;
    do {
      await clock.sleep(Math.min(checkMs, untilMs - clock.nowMs()), signal);
      await reopening;
      if (loss !== undefined) throw loss;
    } while (clock.nowMs() < untilMs);
  }

  async function leaveChannel() {
    const link = current;
    current = undefined;
    await link?.[Symbol.asyncDispose]();
  }

  return {
    troubles: troubles as readonly string[],
    /** Returns whether a moderator or a stage keeps the bot silent. */
    get isMute(): boolean {
      return restrictions.size > 0;
    },
    get isOpen(): boolean {
      return current !== undefined && loss === undefined;
    },
    getChannelFacts: (channel: ChannelRef) => places.findChannelFacts(channel, ''),
    /** Joins a channel in place of an open link. Throws as `openLink` does. */
    join: joinChannel,
    /** Waits, and opens a broken link anew. Throws the error of a lost link. */
    stayConnected,
    /** Plays frames. Returns `away` if some were not sent. */
    play: (frames: readonly Frame[], signal: AbortSignal) =>
      playFrames(frames, current, clock, (ms) => stayConnected(ms, signal)),
    /** Leaves the channel. Resolves once Discord has confirmed, or after a second. */
    leave: leaveChannel,
    async [Symbol.asyncDispose]() {
      over.abort(new Error('the trial is over'));
      await leaveChannel();
      await opener[Symbol.asyncDispose]();
      await closeClient(client);
    },
  };
}

async function playFrames(
  frames: readonly Frame[],
  link: VoiceLink | undefined,
  clock: Clock,
  wait: (ms: number) => Promise<void>,
): Promise<'left' | 'away'> {
  const waiting = [...frames];
  let sent = 0;
  const source = {
    pullFrame: () => waiting.shift(),
    markSent: () => {
      sent++;
    },
    isIdle: true,
  };
  link?.playFrames(source).wake();
  const untilMs = clock.nowMs() + frames.length * 20 + lateMs;
  while (sent < frames.length && clock.nowMs() < untilMs) await wait(checkMs);
  return sent < frames.length ? 'away' : 'left';
}
