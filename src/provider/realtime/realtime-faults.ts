import { BotError } from '#src/base/errors.ts';
import { toNonEmptyText, toRecord } from '#src/base/json.ts';
import { admitCode } from '#src/base/logged-text.ts';
import type { JsonEvent, SocketOptions } from '#src/provider/json-socket.ts';
import {
  formatServerName,
  toErrorCode,
  toPlainLine,
} from '#src/provider/models/error-text.ts';

/** An error of a Realtime server. */
export type RealtimeFault = {
  /** Our event that the error is about, if the server says so. */
  readonly eventId: string | undefined;
  readonly code: string | undefined;
  /** Path of the field that the error is about, as `session.audio.output.speed`. */
  readonly param: string | undefined;
  /** A sentence of the server, which may quote people. */
  readonly message: string;
};

/** Returns whether an event reports an error, by its name or its only content. */
export function isErrorEvent({ error, type }: JsonEvent): boolean {
  if (typeof type !== 'string') return error !== undefined && error !== null;
  return /^(?:.*[._])?error$/.test(type);
}

/** Reads an error. vLLM sends its sentence as `error`, others the fields beside the type. */
export function readErrorEvent(event: JsonEvent): RealtimeFault {
  const { error } = event;
  const fields: JsonEvent =
    typeof error === 'object' && error !== null
      ? toRecord(error)
      : {
          ...event,
          event_id: undefined,
          message: toNonEmptyText(error) ?? event.message,
        };
  const { code, message, param, type } = fields;
  const statedType = fields === error ? toNonEmptyText(type) : undefined;
  return {
    eventId: toNonEmptyText(fields.event_id),
    code: toNonEmptyText(code) ?? statedType,
    param: toNonEmptyText(param),
    message: toNonEmptyText(message) ?? 'no reason given',
  };
}

/** Returns whether another form of the same request may be taken. */
export function isAboutRequest({ code }: RealtimeFault): boolean {
  return !/quota|rate_limit|billing|auth|api_key|permission/.test(code ?? '');
}

const ownFaultCode =
  /^(?:invalid_|unknown_|missing_|unsupported_)|invalid_request_error/;

/** Creates an error with the code alone in its message, as the text may quote people. */
export function createRealtimeError(
  { code, message: text }: Pick<RealtimeFault, 'code' | 'message'>,
  { baseUrl, apiKey }: Pick<SocketOptions, 'baseUrl' | 'apiKey'>,
): BotError {
  const isOwnFault = ownFaultCode.test(code ?? '');
  const serverMessage = toPlainLine(text, apiKey?.reveal(), 140);
  const about = { serverMessage, ...(isOwnFault && { status: 400 }) };
  const message = `${formatServerName(baseUrl)} did not answer: ${admitCode(toErrorCode(code) ?? '', undefined) || 'no known code given'}.`;
  const isLimited = /rate_limit/.test(code ?? '');
  const refused = isLimited ? 'provider.rate_limited' : 'provider.refused';
  const kind = code === 'insufficient_quota' ? 'provider.spent' : refused;
  return new BotError(
    kind,
    isLimited || code === 'server_error',
    message,
    undefined,
    undefined,
    about,
  );
}
