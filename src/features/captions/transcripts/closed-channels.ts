import type { FeatureAlert } from '#src/base/alerts.ts';
import type { SessionDependencies } from '#src/conversation/session-dependencies.ts';
import type { CaptionMessage } from '#src/features/captions/transcript-store-types.ts';

/** Words of captions that were erased, and still stand in a channel that is closed to the bot. */
export const captionsUnerased: FeatureAlert = {
  name: 'captions-unerased',
  meaning: 'messages with erased captions could not be changed for a day',
  action: 'Ask the managers of that server to open the channel to the bot, or to delete them.',
  remedy: 'Ask the managers of that server to open the channel to the bot, or to delete them.',
};

/** Pauses, in ms, between two tries in a closed channel: each is twice the one before. */
const [firstPauseMs, longestPauseMs] = [60_000, 3_600_000];
/** Time, in ms, from the first failure until the operator and that server are told. */
const toldAfterMs = 86_400_000;

type ClosedChannel = {
  readonly sinceMs: number;
  readonly pauseMs: number;
  readonly untilMs: number;
  readonly isTold: boolean;
};

/** Channels in which the bot could not change its captions; each waits by itself. */
export class ClosedChannels {
  readonly #parts: SessionDependencies;
  readonly #channels = new Map<string, ClosedChannel>();

  constructor(parts: SessionDependencies) {
    this.#parts = parts;
  }

  /** Ids of those whose next try is not due. */
  waiting(): readonly string[] {
    const nowMs = this.#parts.clock.nowMs();
    return [...this.#channels].flatMap(([id, { untilMs }]) => (nowMs < untilMs ? [id] : []));
  }

  /** Some of the captions of this message's channel were to be changed; `isOpen`: at least one was. */
  tried({ channelId, guildId }: CaptionMessage, isOpen: boolean): void {
    const { captionChats, clock } = this.#parts;
    const nowMs = clock.nowMs();
    const { sinceMs, pauseMs, isTold } = this.#channels.get(channelId) ?? {
      sinceMs: nowMs,
      pauseMs: firstPauseMs / 2,
      isTold: false,
    };
    if (isOpen) {
      this.#channels.delete(channelId);
      if (isTold) this.#report('cleared', channelId, guildId);
      return;
    }
    const nextMs = Math.min(pauseMs * 2, longestPauseMs);
    const isLong = nowMs - sinceMs >= toldAfterMs;
    const next = { sinceMs, pauseMs: nextMs, untilMs: nowMs + nextMs, isTold: isLong };
    this.#channels.set(channelId, next);
    if (isTold || !isLong) return;
    this.#report('raised', channelId, guildId);
    const channel = `<#${channelId}>`;
    captionChats.tellServer(guildId, { id: 'captions.unerased', with: { channel } });
  }

  /** An alert of the process: leaving a voice channel does not end it. */
  #report(state: 'raised' | 'cleared', channelId: string, guildId: string): void {
    const cause = `channel ${channelId} of server ${guildId}`;
    const change = { kind: 'alert', of: captionsUnerased, state, task: channelId, cause } as const;
    this.#parts.onEvent('', change);
  }
}
