/** Safe parts of an error for the log. */
export type PlainError = {
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
export function toPlainError(
  error: unknown,
  deeper = mostCauses,
): PlainError | undefined {
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
