import type { Frame, FrameSource } from '#src/audio/frame.ts';
import type { Clock } from '#src/base/clock.ts';
import type { ChannelRef, LinkState, VoiceLink } from '#src/conversation/ports/voice-link.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { openVoiceLinkOpener } from '#src/discord/link/voice-link-opener.ts';
import { closeClient, LoginDeadline, logIn, newClient } from '#src/discord/login.ts';
import type { OwnedShard } from '#src/discord/shards/owned-shard.ts';
import { shardOf } from '#src/people/server-share.ts';
import type { AccountLogin } from './account-rest.ts';

/** Result of a short visit to a voice channel. */
export type ChannelTrial = LinkState & {
  /** Time from the request for the seat until sound is heard, IP discovery over UDP and the end-to-end group included. */
  readonly openedMs: number;
  /** Reports of the link's watchdogs and of Discord during the visit, one sentence each. */
  readonly troubles: readonly string[];
  /** Frames of the sound that left. */
  readonly sentFrames: number;
};

export type TrialOptions = {
  /** Length of the visit, in ms; longer where the sound takes longer. */
  readonly stayMs: number;
  /** 20 ms each; none: nothing is sent. */
  readonly sound: readonly Frame[];
  /** Number of shards that Discord recommends. */
  readonly shards: number;
  readonly clock: Clock;
};

const loginMs = 20_000;
/** Longest time, in ms, that sound may take to leave beyond its own length. */
const lateMs = 5_000;
const checkMs = 50;

/**
 * Logs in, sits in a voice channel for a moment, and leaves. It decrypts no packet there.
 *
 * Errors: as logging in, and as `VoiceLinkOpener.open`. Aborting `signal` throws `signal.reason`.
 */
export async function visitChannel(
  login: AccountLogin,
  channel: ChannelRef,
  { stayMs, sound, shards, clock }: TrialOptions,
  signal: AbortSignal,
): Promise<ChannelTrial> {
  const deadline = new LoginDeadline(loginMs);
  const shard = shards > 1 ? { shard: onlyShard(channel, shards) } : {};
  const options = { ...login, ...shard, timeoutMs: loginMs, deadline };
  const client = await logIn(newClient(options), options, signal);
  const troubles: string[] = [];
  let openedMs = 0;
  try {
    await using opener = openVoiceLinkOpener(client, (event) => {
      if (event.kind === 'link-opened') openedMs = Math.round(event.tookMs);
      const trouble = troubleOf(event);
      if (trouble !== undefined) troubles.push(trouble);
    });
    const link = await opener.open(channel, () => false, signal);
    const sentFrames = await stay(link, sound, { stayMs, clock }, signal);
    return { ...link.state(), openedMs, troubles, sentFrames };
  } finally {
    await closeClient(client);
  }
}

/** Resolves to the number of frames that left. Errors: as `VoiceLink.hear`. */
async function stay(
  link: VoiceLink,
  sound: readonly Frame[],
  { stayMs, clock }: Pick<TrialOptions, 'stayMs' | 'clock'>,
  signal: AbortSignal,
): Promise<number> {
  const source = new KnownFrames(sound);
  link.play(source).wake();
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  const passed = async () => {
    const untilMs = clock.nowMs() + stayMs;
    const latestMs = untilMs + sound.length * 20 + lateMs;
    const isWaiting = () => source.sent < sound.length && clock.nowMs() < latestMs;
    while (clock.nowMs() < untilMs || isWaiting()) await clock.sleep(checkMs, either);
  };
  try {
    await Promise.race([passed(), lostLink(link, either)]);
  } finally {
    over.abort(new Error('the visit is over'));
  }
  return source.sent;
}

/** Never resolves; rejects when the link is lost. */
async function lostLink(link: VoiceLink, signal: AbortSignal): Promise<never> {
  for await (const _ of link.hear(signal)) {
    // No person may be heard, so no packet comes.
  }
  return await new Promise<never>(() => undefined);
}

/** The shard of the server of a channel, to log in with alone. */
export function onlyShard({ guildId }: ChannelRef, count: number): OwnedShard {
  const id = shardOf(guildId, count);
  return { id, count, recommendedCount: count, waitToIdentify: async () => undefined };
}

function troubleOf(event: DiscordEvent): string | undefined {
  if (event.kind === 'alert') return event.state === 'raised' ? event.cause : undefined;
  if (event.kind === 'warning') return event.message;
  if (event.kind === 'voice-closed') return `Discord closed the voice socket (${event.closeCode}).`;
  if (event.kind === 'muted') return event.on ? 'A moderator has muted the bot here.' : undefined;
  return undefined;
}

/** Sound that is known beforehand, once. */
class KnownFrames implements FrameSource {
  readonly isIdle = true;
  readonly #frames: readonly Frame[];
  #next = 0;
  #sent = 0;

  constructor(frames: readonly Frame[]) {
    this.#frames = frames;
  }

  get sent(): number {
    return this.#sent;
  }

  next(): Frame | undefined {
    return this.#frames[this.#next++];
  }

  left(): void {
    this.#sent++;
  }
}
