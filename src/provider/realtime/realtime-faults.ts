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

const keyCode = /^(?:invalid_api_key|account_deactivated)$/;
const ownFaultCode =
  /^(?:invalid_|unknown_|missing_|unsupported_)|invalid_request_error/;
const absentCode = /_not_found$/;

/** Codes by which a server refuses, the surest first. All others are plain refusals. */
const refusalCodes = [
  [/rate_limit/, 'provider.rate_limited'],
  [
    /^(?:insufficient_quota|credit_balance_exhausted|billing_hard_limit_reached)$/,
    'provider.spent',
  ],
  [keyCode, 'provider.bad_key'],
] as const;

/** Creates an error with the code alone in its message, as the text may quote people. */
export function createRealtimeError(
  { code, message: text }: Pick<RealtimeFault, 'code' | 'message'>,
  { baseUrl, apiKey }: Pick<SocketOptions, 'baseUrl' | 'apiKey'>,
): BotError {
  const statedCode = code ?? '';
  const isOwnFault = ownFaultCode.test(statedCode) && !keyCode.test(statedCode);
  const isAbsent = absentCode.test(statedCode);
  const serverMessage = toPlainLine(text, apiKey?.reveal(), 140);
  const about = {
    serverMessage,
    ...(isOwnFault && { status: 400 }),
    ...(isAbsent && { status: 404 }),
  };
  const message = `${formatServerName(baseUrl)} did not answer: ${admitCode(toErrorCode(code) ?? '', undefined) || 'no known code given'}.`;
  const [, kind = 'provider.refused'] =
    refusalCodes.find(([pattern]) => pattern.test(statedCode)) ?? [];
  return new BotError(
    kind,
    kind === 'provider.rate_limited' || code === 'server_error',
    message,
    undefined,
    undefined,
    about,
  );
}
