import type { Writable } from 'node:stream';
import { pino } from 'pino';
import { realClock } from '#src/base/clock.ts';
import type { GuildId } from '#src/base/ids.ts';
import { toRecord, tryParseJson } from '#src/base/json.ts';
import { dropOldest } from '#src/base/loops/mailbox.ts';
import type { Secret } from '#src/base/secret.ts';
import type { SessionEvent } from '#src/ports/session-events.ts';
import { measureLatencies } from './latency.ts';

export type Log = ReturnType<typeof openLog>;

/** A shorter key occurs in ordinary words. */
const shortestSecret = 8;
/** Higher levels are worse. */
const warning = 40;

type LogTarget = Pick<Writable, 'on' | 'write' | 'writableLength'> & {
  readonly isTTY?: boolean;
};

/** Logs ids and numbers, never words of people, and never one of `secrets`. */
export function openLog(
  level: string,
  secrets: readonly Secret[] = [],
  to: LogTarget = process.stdout,
  nowMs = () => realClock.nowMs(),
) {
  const countHeldBack = createRepeatLimiter(nowMs);
  const options: pino.LoggerOptions = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    serializers: { err: (error: unknown) => toPlainError(error) },
    hooks: {
      streamWrite: createRedaction(secrets),
      /** Writes an equal warning at most once a minute, with a count of those held back. */
      logMethod(args, method, level) {
        if (level < warning) return method.apply(this, args);
        const [fields, message] = splitLogArguments(args);
        // A change of an alert is no repetition.
        const heldBack =
          'alert' in fields ? 0 : countHeldBack(toLineKey(level, message, fields));
        if (heldBack === undefined) return;
        method.apply(this, [heldBack > 0 ? { ...fields, heldBack } : fields, message]);
      },
    },
  };
  return pino(options, openOutlet(to));
}

export function logSession(log: Log, guildId: GuildId, event: SessionEvent) {
  switch (event.kind) {
    case 'joined':
    case 'left': {
      const { channelId } = event.channel;
      return log.info({ guildId, channelId, ...pickLoggedFields(event) }, event.kind);
    }
    case 'erased':
      log.info(
        { guildId, items: event.items },
        'removed from the server: its data was deleted',
      );
      return;
    case 'recognised': {
      const { length: characters } = event.text;
      return log.debug(
        { guildId, characters, ...pickLoggedFields(event) },
        'recognised',
      );
    }
    case 'typed':
    case 'ignored':
    case 'dropped':
    case 'spent':
      return log.debug({ guildId, ...pickLoggedFields(event) }, event.kind);
    case 'tool':
      return log.info({ guildId, ...pickLoggedFields(event) }, 'tool');
    case 'feature': {
      const { kind, line } = event.of;
      const known: Readonly<Record<string, string | number>> = {
        guildId,
        kind,
        ...event.fields,
      };
      log.info(
        Object.fromEntries(line.map((name) => [name, roundValue(known[name])])),
        kind,
      );
      return;
    }
    case 'answered': {
      const { heardAtMs } = event.instants;
      const latencies = measureLatencies(event.instants);
      const fields = { guildId, heardAtMs, ...pickLoggedFields(event), ...latencies };
      return log.info(fields, 'answered');
    }
    case 'failed':
      log.error(
        { guildId, stage: event.stage, code: event.code, err: event.cause },
        event.message,
      );
      return;
    case 'line':
    case 'words':
    case 'played':
    case 'alert':
      return; // alerts are written by the alert board
  }
}

/** Fields with ids, numbers and our own words. */
const loggedFields = new Set(
  'speakerId outcome why phase what usd tool how tookMs cut finish'.split(' '),
);

/** Leaves out words and names of people. */
function pickLoggedFields(event: SessionEvent) {
  const fields = Object.entries(event).filter(([name]) => loggedFields.has(name));
  return Object.fromEntries(
    fields.map(([name, value]) => [
      name,
      name === 'tookMs' ? roundValue(value) : value,
    ]),
  );
}

function roundValue<Value>(value: Value) {
  return typeof value === 'number' ? Math.round(value) : value;
}

/** Lines with one message differ by these fields. */
const keyFields = ['guildId', 'stage', 'code', 'role', 'provider', 'command', 'what'];

function toLineKey(
  level: number,
  message: string,
  fields: Readonly<Record<string, unknown>>,
) {
  return JSON.stringify([level, message, ...keyFields.map((name) => fields[name])]);
}

function splitLogArguments(
  args: readonly unknown[],
): readonly [fields: Readonly<Record<string, unknown>>, message: string] {
  const [first, second] = args;
  if (typeof first === 'object' && first !== null)
    return [{ ...first }, `${second ?? ''}`];
  return [{}, `${first}`];
}

/** Creates a function that removes secrets, also former ones. */
function createRedaction(secrets: readonly Secret[]): (line: string) => string {
  // A library may write a key into a message.
  const written = new Set<string>();
  return (line) => {
    for (const secret of secrets)
      written.add(JSON.stringify(secret.reveal()).slice(1, -1));
    return [...written]
      .filter(({ length }) => length >= shortestSecret)
      .reduce((text, secret) => text.replaceAll(secret, '[secret]'), line);
  };
}

/** A whole day of a calm bot. */
const unreadLimitBytes = 1_000_000;

/**
 * Opens a writer that never blocks. Beyond 1 MB of unread lines, lines are dropped and
 * counted.
 */
function openOutlet(stream: LogTarget): { write(line: string): void } {
  // A closed terminal or an ended reader is no failure. On `process.stdout` only a
  // terminal or a file is waited for.
  const shown = stream.isTTY ? formatLine : (line: string) => line;
  let dropped = 0;
  stream.on('error', () => undefined);
  return {
    write(line) {
      if (stream.writableLength > unreadLimitBytes) {
        dropped++;
        return;
      }
      if (dropped > 0) stream.write(shown(describeLostLines(dropped)));
      dropped = 0;
      stream.write(shown(line));
    },
  };
}

function describeLostLines(lines: number) {
  return `${JSON.stringify({ level: 40, time: new Date().toISOString(), msg: `${lines} lines of the log were dropped: its reader was too slow` })}\n`;
}

/**
 * Formats JSON as `12:04:05 warning: it is late (shard 0)`, with each link on its own
 * line, without control characters.
 */
function formatLine(line: string) {
  const { level, time, msg, ...fields } = toRecord(tryParseJson(line));
  const words = `${msg}`.replace(/^[a-z]+(-[a-z]+)+$/, (kind) =>
    kind.replaceAll('-', ' '),
  );
  const at = new Date(`${time}`).toTimeString().slice(0, 8);
  const grade =
    Number(level) > warning ? 'error: ' : level === warning ? 'warning: ' : '';
  const known = Object.entries(fields).flatMap(([name, value]) => {
    const shown = toRecord(value).message ?? roundValue(value);
    const isTold = name === 'kind' && value === msg;
    return isTold
      ? []
      : [`${name} ${typeof shown === 'string' ? shown : JSON.stringify(shown)}`];
  });
  const isLink = (field: string) => field.includes(' https://');
  const facts = known.filter((field) => !isLink(field)).join(', ');
  const rest = facts === '' ? '' : ` (${facts})`;
  const lines = [`${at} ${grade}${words}${rest}`, ...known.filter(isLink)];
  return lines.map((one) => `${one.replace(/\p{Cc}/gu, ' ')}\n`).join('');
}

const apartMs = 60_000;
/** The oldest line is forgotten, and may be written again. */
const mostKeys = 500;

/** Undefined means this one, too. */
function createRepeatLimiter(nowMs: () => number) {
  const lines = new Map<string, { readonly writtenAtMs: number; heldBack: number }>();
  return (key: string) => {
    const line = lines.get(key);
    const writtenAtMs = nowMs();
    if (line && writtenAtMs - line.writtenAtMs < apartMs) {
      line.heldBack++;
      return undefined;
    }
    lines.delete(key);
    lines.set(key, { writtenAtMs, heldBack: 0 });
    dropOldest(lines, mostKeys);
    return line?.heldBack ?? 0;
  };
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

const mostCauses = 4;
const mostMessageChars = 300;

/** Removes words of people from an error. */
function toPlainError(error: unknown, deeper = mostCauses): PlainError | undefined {
  // Messages of the network, the system, Discord and this program stay. Others lose
  // their quotes, and messages of parsers and refusing servers are left out.
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
    cause: deeper === 0 ? undefined : toPlainError(cause, deeper - 1),
  };
}

/** Messages with these codes name hosts, ports and paths. */
const networkCode = /^(E[A-Z]+|UND_ERR_\w+|ERR_(TLS|SSL|SOCKET|SQLITE)_?\w*)$/;

function cleanMessage(error: Error) {
  const message = error.message.slice(0, mostMessageChars);
  const isNetwork =
    'syscall' in error || ('code' in error && networkCode.test(String(error.code)));
  if (
    isNetwork ||
    error.name === 'BotError' ||
    error.name.startsWith('DiscordAPIError')
  )
    return message;
  const quotes = 'status' in error || error.name === 'SyntaxError';
  return quotes || message === '' ? undefined : removeQuoted(message);
}

const quoted = /'[^']*'|"[^"]*"|`[^`]*`/g;
/** Names in code have no spaces. */
const name = /^.[\w$.#:-]{0,40}.$/;

function removeQuoted(message: string) {
  const [head = ''] = message.split(' in ', 1);
  const rest = message.includes("'in' operator") ? head : message;
  return rest.replace(quoted, (part) => (name.test(part) ? part : "'\u2026'"));
}

/** Removes the message, of several lines perhaps, from a stack. */
function keepFrames(stack: string) {
  return stack
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
    .join('\n');
}

function isCode(code: unknown): code is string | number {
  return (
    typeof code === 'number' ||
    (typeof code === 'string' && /^[\w.-]{1,60}$/.test(code))
  );
}
