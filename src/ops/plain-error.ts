/** Parts of an error that may stand in the log: its kind, its codes, where it was thrown; of its words only safe ones. */
export type PlainError = {
  readonly type: string;
  readonly message?: string;
  /** Frames only. */
  readonly stack?: string;
  readonly code?: string | number;
  readonly status?: number;
  readonly cause?: PlainError;
};

/** Errors that caused errors, so far down. */
const mostCauses = 4;
const mostMessageChars = 300;

/**
 * An error without words that people said: libraries hang requests on theirs, servers and parsers quote their input. A
 * message stands whole where the network, the system, Discord or this program wrote it; others' messages lose their quotes;
 * those of a parser and of a refusing server are left out.
 */
export function toPlainError(
  error: unknown,
  deeper = mostCauses,
): PlainError | undefined {
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

/** Codes of the system, of undici and of TLS: these messages name hosts, ports and paths. */
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
/** Quoted names that are no person's words: names in code have no spaces. */
const name = /^.[\w$.#:-]{0,40}.$/;

function removeQuoted(message: string) {
  const [head = ''] = message.split(' in ', 1);
  const rest = message.includes("'in' operator") ? head : message;
  return rest.replace(quoted, (part) => (name.test(part) ? part : "'\u2026'"));
}

/** A stack begins with the message, which may have several lines. */
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
