import { BotError } from '#src/base/errors.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import type { Log } from '#src/ops/log.ts';
import type { DiscordMetrics } from '#src/ops/metrics/discord-metrics.ts';

/** Discord takes 120 messages a minute, or its gateway is away. */
const keptSeats = 'not confirmed by Discord: these voice channels are left as the gateway closes';

/** `shardId` is absent for events of the whole process. */
export function countDiscord(
  metrics: DiscordMetrics,
  event: DiscordEvent,
  shardId: number | undefined,
): void {
  switch (event.kind) {
    case 'warning':
      metrics.warned();
      return;
    case 'gateway':
      metrics.gateway(event.what, shardId ?? 0);
      return;
    case 'command':
      metrics.answered(event.name, event.tookMs);
      return;
    case 'command-failed':
      metrics.commandFailed(event.code);
      return;
    case 'link-opened':
      metrics.linkOpened(event.guildId, event.tookMs);
      return;
    case 'link-closed':
      metrics.linkClosed(event.guildId, event.counts);
      return;
    case 'link-made':
      metrics.linkMade(event.guildId, event.counts);
      return;
    case 'voice-closed':
      metrics.voiceClosed(event.closeCode);
      return;
    case 'message':
      metrics.wrote(event.outcome);
      return;
    case 'alert':
    case 'clock-put-back':
    case 'ready':
    case 'seats-kept':
    case 'registered':
    case 'closed':
    case 'muted':
    case 'deafened':
    case 'suppressed':
    case 'moved':
    case 'channel-removed':
    case 'no-view':
    case 'no-connect':
    case 'guild-removed':
    case 'server-greeted':
    case 'server-left':
      return;
  }
}

/** One line per event, for the operator. */
export function logDiscord(log: Log, event: DiscordEvent): void {
  switch (event.kind) {
    case 'ready':
      log.info({ servers: event.guilds }, 'logged in to Discord');
      return;
    case 'warning':
      log.warn(
        { guildId: event.guildId, code: codeOf(event.cause), err: event.cause },
        event.message,
      );
      return;
    case 'seats-kept':
      log.warn({ guildIds: event.guildIds }, keptSeats);
      return;
    case 'closed':
      log.error(
        { closeCode: event.closeCode },
        event.remedy ?? 'Discord closed the gateway permanently',
      );
      return;
    case 'command-failed':
      log.error({ command: event.name, code: event.code, err: event.error }, 'a command failed');
      return;
    case 'clock-put-back':
      log.warn({ backMs: event.backMs }, 'the clock was set back: rate limits are requested again');
      return;
    case 'gateway':
      log[event.what === 'reconnecting' ? 'warn' : 'info'](
        { what: event.what, err: event.cause },
        event.kind,
      );
      return;
    case 'registered':
    case 'command':
    case 'link-opened':
    case 'link-closed':
    case 'voice-closed':
    case 'muted':
    case 'deafened':
    case 'suppressed':
    case 'moved':
    case 'channel-removed':
    case 'no-view':
    case 'no-connect':
    case 'guild-removed':
    case 'server-greeted':
    case 'server-left':
      log.info(event, event.kind);
      return;
    case 'alert': // written by the alert board
    case 'message': // a failed one is logged by its writer
    case 'link-made':
      return;
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof BotError ? cause.code : undefined;
}
