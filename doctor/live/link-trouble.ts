import type { BotError, ErrorCode, OpeningStep } from '#src/base/errors.ts';

/** Meaning of a failed voice link, and its remedy. */
export type LinkTrouble = Words & { readonly code: string };

type Words = {
  readonly why: string;
  readonly mend: string;
  /** Sentence of the error, where nothing else says what happened. */
  readonly said?: string;
};

const update = 'run npm ci again, or update Parley';
const status = 'check https://discordstatus.com, and try again in some minutes';

/** By the step at which a link stood that was not open in time. */
const bySteps: Readonly<Record<OpeningStep, Words>> = {
  seat: {
    why: 'Discord did not let the bot into the channel',
    mend: `check that the channel is not full, and that no other process uses this token; ${status}`,
  },
  socket: {
    why: 'the bot cannot reach the voice server over TCP',
    mend: 'allow outgoing TCP from this machine, container or VPN (any port, to *.discord.media); check that your DNS knows these names',
  },
  login: { why: 'the voice server did not answer the login', mend: status },
  udp: {
    why: 'UDP is blocked: the voice server does not answer',
    mend: "allow outgoing UDP from this machine, container or VPN (any port, to Discord's voice servers)",
  },
  key: { why: 'the voice server sent no key for the encryption', mend: status },
  group: {
    why: 'the bot and the people in the channel could not start end-to-end encryption (DAVE)',
    mend: `ask them to update Discord, to leave and to join again; ${update}`,
  },
};

const byCodes: Readonly<Partial<Record<ErrorCode, Words>>> = {
  'link.refused': { why: 'the voice server closed the link repeatedly', mend: status },
  'link.rate_limited': {
    why: 'Discord limits how often the bot may join',
    mend: 'wait some minutes, then try again',
  },
  'link.no_cipher': {
    why: 'Discord offers no voice encryption that this version knows',
    mend: update,
  },
  'link.no_end_to_end': {
    why: 'Discord requires end-to-end encryption (DAVE), and refused this version of it',
    mend: update,
  },
  'link.unsupported': {
    why: 'the voice library does not have a function that the voice link needs',
    mend: update,
  },
  'link.offline': { why: 'the main connection to Discord is down', mend: status },
};

/** By the close code of a voice socket after which the bot does not come back. */
const byCloses: Readonly<Record<number, Words>> = {
  4014: {
    why: 'Discord disconnected the bot from the channel',
    mend: 'find out whether a moderator or another bot removes it, or whether the channel was deleted',
  },
  4022: { why: 'Discord ended the call', mend: status },
};

const removed: Words = {
  why: 'a person removed or moved the bot',
  mend: 'look in the audit log of the server who did it; check that no other process uses this token; then try again',
};

/** Words for the error of a link; `closeCode` is that of its voice socket, `alerts` those of its watchdogs. */
export function linkTrouble(
  error: BotError,
  closeCode: number | undefined,
  alerts: readonly string[],
): LinkTrouble {
  const words = wordsOf(error, closeCode);
  const closed = closeCode === undefined ? [] : [`voice close ${closeCode}`];
  return { ...words, code: [error.code, ...closed, ...alerts].join(', ') };
}

function wordsOf(error: BotError, closeCode: number | undefined): Words {
  const { about, code, message } = error;
  const known = byCodes[code] ?? (about.openingStep && bySteps[about.openingStep]);
  if (known) return known;
  const closed = closeCode === undefined ? undefined : byCloses[closeCode];
  if (closed) return closed;
  return isRemoval(error)
    ? removed
    : { why: 'the voice link was lost', said: message, mend: status };
}

/** Whether a person ended the link on purpose: then the bot stays away. */
export function isRemoval({ code, retryable }: BotError): boolean {
  return code === 'link.lost' && !retryable;
}
