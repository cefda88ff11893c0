import type { Writable } from 'node:stream';
import { pino } from 'pino';
import { realClock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toRecord, tryParseJson } from '#src/base/json.ts';
import {
  admitErrorCode,
  type Loggable,
  type LoggableValue,
  type LoggedText,
} from '#src/base/logged-text.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { Secret } from '#src/base/secret.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { measureLatencies } from './latency.ts';

/** Fields of a line. A plain string does not compile as a value. `err` is reduced to what is surely ours. */
type LogFields<Fields> = {
  readonly [Name in keyof Fields]: Name extends 'err'
    ? unknown
    : LoggableValue<Fields[Name]>;
};

/** Writes a line. Neither its sentence nor a field of it may be a plain string. */
type WriteLine = {
  <const Text extends string>(sentence: Loggable<Text>): void;
  <const Fields extends object, const Text extends string>(
    fields: Fields & LogFields<Fields>,
    sentence: Loggable<Text>,
  ): void;
};

/** The log of a process. */
export type Log = Readonly<
  Record<'debug' | 'info' | 'warn' | 'error' | 'fatal', WriteLine>
> & {
  /** Makes a log whose lines have these fields, too. */
  child(fields: { readonly shard: number }): Log;
};

/** A shorter key occurs in ordinary words. */
const minSecretChars = 8;
/** Higher levels are worse. */
const warningLevel = 40;

type LogTarget = Pick<Writable, 'on' | 'write' | 'writableLength'> & {
  readonly isTTY?: boolean;
};

/**
 * Opens the log of a process, with lines from `level` on. It takes ids and numbers, never
 * words of people, and shows none of `secrets`.
 */
export function openLog(
  level: string,
  secrets: readonly Secret[] = [],
  target: LogTarget = process.stdout,
  nowMs: () => number = () => realClock.nowMs(),
): Log {
  const limiter = new RepeatLimiter(nowMs);
  const redactor = new Redactor(secrets);
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => toPlainError(error) },
    hooks: {
      streamWrite: (text) => redactor.removeSecrets(text),
      /** Writes an equal warning at most once a minute, with a count of those held back. */
      logMethod(args, method, level) {
        if (level < warningLevel) return method.apply(this, args);
        const [fields, message] = splitLogArguments(args);
        // A change of an alert is no repetition.
        const heldBack =
          'alert' in fields
            ? 0
            : limiter.countHeldBack(toRepeatKey(level, message, fields));
        if (heldBack === undefined) return;
        method.apply(this, [heldBack > 0 ? { ...fields, heldBack } : fields, message]);
      },
    },
  };
  return pino(options, new LogOutlet(target));
}

/** Logs an event of a session, without words and names of people. */
export function logSession(log: Log, guildId: GuildId, event: SessionEvent): void {
  const { kind } = event;
  switch (kind) {
    case 'joined': {
      const { channelId } = event.channel;
      log.info({ guildId, channelId, tookMs: Math.round(event.tookMs) }, kind);
      break;
    }
    case 'left':
      log.info({ guildId, channelId: event.channel.channelId, why: event.why }, kind);
      break;
    case 'erased':
      log.info(
        { guildId, items: event.items },
        'removed from the server: its data was deleted',
      );
      break;
    case 'recognised': {
      const { speakerId, text, cut } = event;
      log.debug({ guildId, characters: text.length, speakerId, cut }, kind);
      break;
    }
    case 'typed':
      log.debug({ guildId, speakerId: event.speakerId, outcome: event.outcome }, kind);
      break;
    case 'ignored':
      log.debug({ guildId, speakerId: event.speakerId, why: event.why }, kind);
      break;
    case 'dropped': {
      const { speakerId, why, phase } = event;
      log.debug({ guildId, speakerId, why, phase }, kind);
      break;
    }
    case 'spent':
      log.debug({ guildId, what: event.what, usd: event.usd }, kind);
      break;
    case 'tool': {
      const { speakerId, tool, how } = event;
      const tookMs = Math.round(event.tookMs);
      log.info({ guildId, speakerId, tool, how, tookMs }, kind);
      break;
    }
    case 'feature':
      logFeature(log, guildId, event);
      break;
    case 'answered': {
      const { speakerId, finish, instants } = event;
      const { heardAtMs } = instants;
      const latencies = measureLatencies(instants);
      log.info({ guildId, heardAtMs, speakerId, finish, ...latencies }, kind);
      break;
    }
    case 'failed':
      log.error(
        { guildId, stage: event.stage, code: event.code, err: event.cause },
        event.message,
      );
      break;
    case 'answering':
    case 'line':
    case 'unsent':
    case 'words':
    case 'played':
    case 'words-erased':
    case 'alert':
      break; // alerts are written by the alert board
  }
}

function logFeature(
  log: Log,
  guildId: GuildId,
  event: Extract<SessionEvent, { kind: 'feature' }>,
) {
  const { kind, line: fieldNames } = event.of;
  const values: Readonly<Record<string, LoggedText | GuildId | number>> = {
    guildId,
    kind,
    ...event.fields,
  };
  const fields = fieldNames.map((name) => [name, roundValue(values[name])] as const);
  log.info(Object.fromEntries(fields), kind);
}

function roundValue<Value>(value: Value) {
  return typeof value === 'number' ? Math.round(value) : value;
}

/** Lines with one message differ by these fields. */
const keyFields = ['guildId', 'stage', 'code', 'role', 'provider', 'command', 'what'];

function toRepeatKey(
  level: number,
  message: string,
  fields: Readonly<Record<string, unknown>>,
) {
  return JSON.stringify([level, message, ...keyFields.map((name) => fields[name])]);
}

function splitLogArguments(
  args: readonly unknown[],
): readonly [fields: Readonly<Record<string, unknown>>, message: string] {
  const [fields, message] = args;
  if (typeof fields === 'object' && fields !== null)
    return [{ ...fields }, `${message ?? ''}`];
  return [{}, `${fields}`];
}

/** Removes secrets from lines, also former ones. */
class Redactor {
  readonly #secrets;
  // A library may write a key into a message.
  readonly #writtenSecrets = new Set<string>();

  constructor(secrets: readonly Secret[]) {
    this.#secrets = secrets;
  }

  /** Replaces each secret in a text of JSON. */
  removeSecrets(json: string): string {
    for (const secret of this.#secrets)
      this.#writtenSecrets.add(JSON.stringify(secret.reveal()).slice(1, -1));
    return [...this.#writtenSecrets]
      .filter(({ length }) => length >= minSecretChars)
      .reduce((text, secret) => text.replaceAll(secret, '[secret]'), json);
  }
}

/** A whole day of a calm bot. */
const unreadLimitBytes = 1_000_000;

/**
 * A writer that never blocks. Beyond 1 MB of unread lines, lines are dropped and
 * counted.
 */
class LogOutlet {
  readonly #target;
  readonly #format;
  #droppedLines = 0;

  constructor(target: LogTarget) {
    this.#target = target;
    this.#format = target.isTTY ? formatLogLine : (json: string) => json;
    // A closed terminal or an ended reader is no failure. On `process.stdout` only a
    // terminal or a file is waited for.
    target.on('error', () => undefined);
  }

  /** Writes a line of JSON, or drops it if nobody reads. */
  write(json: string): void {
    if (this.#target.writableLength > unreadLimitBytes) {
      this.#droppedLines++;
      return;
    }
    if (this.#droppedLines > 0)
      this.#target.write(this.#format(describeLostLines(this.#droppedLines)));
    this.#droppedLines = 0;
    this.#target.write(this.#format(json));
  }
}

function describeLostLines(lines: number) {
  return `${JSON.stringify({ level: 40, time: new Date().toISOString(), msg: `${lines} lines of the log were dropped: its reader was too slow` })}\n`;
}

/**
 * Formats JSON as `12:04:05 warning: it is late (shard 0)`, with each link on its own
 * line, without control characters.
 */
function formatLogLine(json: string) {
  const { level, time, msg, ...fields } = toRecord(tryParseJson(json));
  const sentence = `${msg}`.replace(/^[a-z]+(-[a-z]+)+$/, (kind) =>
    kind.replaceAll('-', ' '),
  );
  const clockTime = new Date(`${time}`).toTimeString().slice(0, 8);
  const fieldTexts = Object.entries(fields).flatMap(([name, value]) =>
    name === 'kind' && value === msg ? [] : [formatField(name, value)],
  );
  const isLink = (text: string) => text.includes(' https://');
  const facts = fieldTexts.filter((text) => !isLink(text)).join(', ');
  const suffix = facts === '' ? '' : ` (${facts})`;
  const textLines = [
    `${clockTime} ${describeLevel(Number(level))}${sentence}${suffix}`,
    ...fieldTexts.filter(isLink),
  ];
  return textLines.map((text) => `${text.replace(/\p{Cc}/gu, ' ')}\n`).join('');
}

function formatField(name: string, value: unknown) {
  const field = toRecord(value).message ?? roundValue(value);
  return `${name} ${typeof field === 'string' ? field : JSON.stringify(field)}`;
}

function describeLevel(level: number) {
  if (level > warningLevel) return 'error: ';
  return level === warningLevel ? 'warning: ' : '';
}

const repeatGapMs = 60_000;
/** The oldest line is forgotten, and may be written again. */
const maxRepeatKeys = 500;

type WrittenLine = { readonly writtenAtMs: number; heldBack: number };

/** Rate limit of equal lines: one a minute. */
class RepeatLimiter {
  readonly #nowMs;
  readonly #lines = new Map<string, WrittenLine>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Returns how many lines were held back since the last. Undefined: hold this line back, too. */
  countHeldBack(key: string): number | undefined {
    const lastLine = this.#lines.get(key);
    const writtenAtMs = this.#nowMs();
    if (lastLine && writtenAtMs - lastLine.writtenAtMs < repeatGapMs) {
      lastLine.heldBack++;
      return undefined;
    }
    this.#lines.delete(key);
    this.#lines.set(key, { writtenAtMs, heldBack: 0 });
    dropOldest(this.#lines, maxRepeatKeys);
    return lastLine?.heldBack ?? 0;
  }
}

/** Safe parts of an error for the log. */
type PlainError = {
  readonly type: string;
  readonly message?: string;
  /** Frames only. */
  readonly stack?: string;
  readonly code?: string | number;
  readonly status?: number;
  readonly cause?: PlainError;
};

const maxCauses = 4;
const maxMessageChars = 300;

/** Removes words of people from an error. */
function toPlainError(error: unknown, depth = maxCauses): PlainError | undefined {
  // Messages of libraries and servers may quote what they were given.
  if (error === undefined) return undefined;
  if (!(error instanceof Error)) return { type: typeof error };
  const { name: type, stack = '', cause } = error;
  const frames = keepFrames(stack);
  return {
    type,
    message: cleanMessage(error),
    ...('code' in error && isCode(error.code) && { code: error.code }),
    ...('status' in error &&
      typeof error.status === 'number' && { status: error.status }),
    ...(frames !== '' && { stack: frames }),
    cause: depth === 0 ? undefined : toPlainError(cause, depth - 1),
  };
}

/** Sentences of libraries and of Discord, without a place for a word of anybody. */
const knownSentence =
  /^(fetch failed|terminated|socket hang up|(Missing|Unknown|Invalid) (Permissions|Access|Form Body|Message|Channel|Guild|Member|Interaction|interaction|Webhook|User|Role|Session)|The operation was aborted)/;

/** Address and port, or `:::port`, as Node writes them at the end of a message. */
const numericAddress = /^[\d.:]{2,50}$|^\[[\da-f:]{2,45}\]:\d{1,5}$/i;

/** First frame of an error that this program made. */
const ownFrame =
  /^\s*at (?!.*node_modules)[^\n]*\/(src|commands|doctor|setup|sandbox|test)\//;

/**
 * Returns the message of an error as far as it surely holds no word of people: of a `BotError`, and of this program's own
 * bugs without quotes. Of the system only call, code, and numeric address: a path or host may be a file or link of people.
 */
function cleanMessage(error: Error) {
  if (error.name === 'BotError') return error.message.slice(0, maxMessageChars);
  if ('syscall' in error && 'code' in error) {
    const end = error.message.split(' ').at(-1) ?? '';
    const address = numericAddress.test(end) ? end : '';
    return `${error.syscall} ${error.code} ${address}`.trim();
  }
  const known = knownSentence.exec(error.message)?.[0];
  if (known !== undefined) return known;
  if ('status' in error || error.name === 'SyntaxError') return undefined;
  const [firstFrame = ''] = keepFrames(error.stack ?? '').split('\n');
  const isOwn = ownFrame.test(firstFrame);
  return isOwn && error.message !== ''
    ? removeQuotes(error.message.slice(0, maxMessageChars))
    : undefined;
}

const quotePattern = /'[^']*'|"[^"]*"|`[^`]*`/g;
/** Names in code have no spaces. */
const quotedNamePattern = /^.[\w$.#:-]{0,40}.$/;

function removeQuotes(message: string) {
  const [beforeValue = ''] = message.split(' in ', 1);
  const sentence = message.includes("'in' operator") ? beforeValue : message;
  return sentence.replace(quotePattern, (quote) =>
    quotedNamePattern.test(quote) ? quote : "'\u2026'",
  );
}

/** Removes the message, of several lines perhaps, from a stack. */
function keepFrames(stack: string) {
  return stack
    .split('\n')
    .filter((textLine) => /^ {4}at /.test(textLine))
    .join('\n');
}

function isCode(code: unknown): code is string | number {
  return (
    typeof code === 'number' ||
    (typeof code === 'string' && admitErrorCode(code) !== undefined)
  );
}
