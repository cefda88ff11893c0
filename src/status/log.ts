import { pino } from 'pino';
import type { SessionEvent } from '#src/session/events.ts';
import { latencies } from './latency.ts';

export type Log = ReturnType<typeof openLog>;

/** The operator's log: ids and numbers, never words people said. */
export function openLog(level: string) {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime });
}

/** One line per event of a session. */
export function logSession(log: Log, guildId: string, event: SessionEvent): void {
  switch (event.kind) {
    case 'joined':
      log.info(
        { guildId, channelId: event.channel.channelId, tookMs: Math.round(event.tookMs) },
        'joined',
      );
      return;
    case 'left':
      log.info({ guildId, channelId: event.channel.channelId, why: event.why }, 'left');
      return;
    case 'recognised':
      log.debug(
        { guildId, speakerId: event.speakerId, characters: event.text.length },
        'recognised',
      );
      return;
    case 'answered': {
      const { speakerId, finish, instants } = event;
      const { heardAtMs } = instants;
      log.info({ guildId, speakerId, finish, heardAtMs, ...latencies(instants) }, 'answered');
      return;
    }
    case 'failed':
      log.error({ guildId, stage: event.stage, code: event.code, err: event.cause }, event.message);
      return;
  }
}
