import type { Writable } from 'node:stream';
import { pino } from 'pino';
import type { Secret } from '#src/base/secret.ts';
import type { SessionEvent } from '#src/session/events.ts';
import { latencies } from './latency.ts';
import { openOutlet } from './outlet.ts';

export type Log = ReturnType<typeof openLog>;

/** A shorter key, as some local servers want one, stands in ordinary words as well. */
const shortestSecret = 8;
/** Errors that caused errors, so far down. */
const causes = 4;

/** The operator's log: ids and numbers, never words people said, and never one of `secrets`. */
export function openLog(
  level: string,
  secrets: readonly Secret[] = [],
  to: Writable = process.stdout,
) {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => plainError(error, causes) },
    hooks: { streamWrite: without(secrets) },
  };
  return pino(options, openOutlet(to));
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
    case 'stream':
      log.debug({ guildId, speakerId: event.speakerId, ...event.packets }, 'stream');
      return;
    case 'recognised':
      log.debug(
        { guildId, speakerId: event.speakerId, characters: event.text.length, cut: event.cut },
        'recognised',
      );
      return;
    case 'ignored':
      log.debug({ guildId, speakerId: event.speakerId, why: event.why }, 'ignored');
      return;
    case 'dropped':
      log.debug({ guildId, speakerId: event.speakerId, why: event.why }, 'dropped');
      return;
    case 'spent':
      log.debug({ guildId, what: event.what, usd: event.usd }, 'spent');
      return;
    case 'tool': {
      const { speakerId, tool, how, tookMs } = event;
      log.info({ guildId, speakerId, tool, how, tookMs: Math.round(tookMs) }, 'tool');
      return;
    }
    case 'answered': {
      const { speakerId, finish, instants } = event;
      const { heardAtMs } = instants;
      log.info({ guildId, speakerId, finish, heardAtMs, ...latencies(instants) }, 'answered');
      return;
    }
    case 'alert':
      return; // written by the alert board
    case 'failed':
      log.error({ guildId, stage: event.stage, code: event.code, err: event.cause }, event.message);
      return;
  }
}

type PlainError = {
  readonly type: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly cause?: PlainError | undefined;
};

/** Of an error what its author wrote: libraries hang requests on theirs, with addresses and with words people said. */
function plainError(error: unknown, deeper: number): PlainError | undefined {
  if (error === undefined) return undefined;
  if (!(error instanceof Error)) return { type: typeof error, message: '', stack: undefined };
  const { name: type, message, stack, cause } = error;
  return {
    type,
    message,
    stack,
    ...('code' in error && { code: error.code }),
    ...('status' in error && { status: error.status }),
    ...(cause !== undefined && deeper > 0 && { cause: plainError(cause, deeper - 1) }),
  };
}

/** Nobody can know what a library writes into a message: keys are taken out of the finished line. */
function without(secrets: readonly Secret[]): (line: string) => string {
  const written = secrets
    .map((secret) => JSON.stringify(secret.reveal()).slice(1, -1))
    .filter(({ length }) => length >= shortestSecret);
  return (line) => written.reduce((text, secret) => text.replaceAll(secret, '[secret]'), line);
}
