import { BotError } from '#src/base/errors.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import type { Log } from '#src/ops/log.ts';
import type { DiscordMetrics } from '#src/ops/metrics/discord-metrics.ts';

/** Counts an event, and logs it in one line. `shardId` is absent for the whole process. */
export function noteDiscord(
  all: Log,
  metrics: DiscordMetrics,
  event: DiscordEvent,
  shardId: number | undefined,
) {
  const log = shardId === undefined ? all : all.child({ shard: shardId });
  switch (event.kind) {
    case 'ready':
      log.info({ servers: event.guilds }, 'logged in to Discord');
      return;
    case 'warning': {
      const { cause: err, guildId, message } = event;
      log.warn(
        { guildId, code: err instanceof BotError ? err.code : undefined, err },
        message,
      );
      return;
    }
    case 'closed':
      log.error(
        { closeCode: event.closeCode },
        event.remedy ?? 'Discord closed the gateway permanently',
      );
      return;
    case 'command-failed':
      log.error(
        { command: event.name, code: event.code, err: event.error },
        'a command failed',
      );
      return;
    case 'gateway':
      metrics.gateway.inc({ what: event.what, shard: `${shardId ?? 0}` });
      log[event.what === 'reconnecting' ? 'warn' : 'info'](
        { what: event.what },
        event.kind,
      );
      return;
    case 'message': // a failed one is logged by its writer
      metrics.messages.inc({ outcome: event.outcome });
      return;
    case 'link-made':
      metrics.linkMade(event.guildId, event.counts);
      return;
    case 'command':
      metrics.commands.observe({ name: event.name }, event.tookMs / 1000);
      break;
    case 'link-opened':
      metrics.linkOpened(event.guildId);
      break;
    case 'link-closed':
      metrics.linkClosed(event.guildId, event.counts);
      break;
    case 'voice-closed':
      metrics.voiceCloses.inc({ code: `${event.closeCode}` });
      break;
    case 'alert':
      return; // written by the alert board
    default: // nothing is counted
  }
  log.info(event, event.kind);
}
