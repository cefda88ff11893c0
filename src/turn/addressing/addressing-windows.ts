/**
 * Addressing modes: `auto` one human always, several by name, Ask, follow-up or reply; `name` by name or Ask; `window`
 * after Ask only; `always` all people; `off` never.
 */
export const addressingModes = ['auto', 'name', 'window', 'always', 'off'] as const;
export type AddressingMode = (typeof addressingModes)[number];

export type AddressingRules = {
  readonly mode: AddressingMode;
  /** Names of the bot, in every script people may write them; twenty at most. */
  readonly names: readonly string[];
  /** Time after Ask, in ms, in which that person needs no name. */
  readonly askWindowMs: number;
  /** Time after the end of an answer, in ms, in which its recipient needs no name. */
  readonly followUpMs: number;
  /** The same time, in ms, after an answer that ended in a question. */
  readonly replyMs: number;
  /** Longest answer, in ms: one that never reports its end counts as over then. */
  readonly answeringMs: number;
  /** Talk of others, in ms, that closes a follow-up window. */
  readonly strangerMs: number;
  /** Number of dismissals within `dismissedWithinMs` after which only exact names count, for `exactForMs`. */
  readonly dismissals: number;
  readonly dismissedWithinMs: number;
  readonly exactForMs: number;
  /** Longest time, in ms since words were taken as meant for the bot, in which a dismissal is about it. */
  readonly aboutUsMs: number;
  /** Longest time, in ms, from the beginning of words to their verdict: the longest utterance and its recognition. */
  readonly judgedWithinMs: number;
};

export const addressingRules: AddressingRules = {
  mode: 'auto',
  names: [],
  askWindowMs: 15_000,
  followUpMs: 8_000,
  replyMs: 15_000,
  answeringMs: 120_000,
  strangerMs: 2_000,
  dismissals: 2,
  dismissedWithinMs: 600_000,
  exactForMs: 600_000,
  aboutUsMs: 30_000,
  judgedWithinMs: 90_000,
};

type Window = {
  readonly kind: 'asked' | 'answering' | 'follow-up' | 'reply';
  readonly personId: string;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Talk of others since it opened. */
  readonly othersMs: number;
};

/** State of addressing: the people who need no name now, and whether misspelt names count. */
export type AddressingState = {
  readonly windows: readonly Window[];
  readonly dismissedAtMs: readonly number[];
  readonly exactUntilMs: number;
  readonly lastMeantAtMs: number;
};

export const initialAddressing: AddressingState = {
  windows: [],
  dismissedAtMs: [],
  exactUntilMs: Number.NEGATIVE_INFINITY,
  lastMeantAtMs: Number.NEGATIVE_INFINITY,
};

/** Whether words end in a question, also in quotes. */
export function endsInQuestion(text: string): boolean {
  return /[?\uff1f\u061f]["\u201d\u00bb\s]*$/u.test(text);
}

export type AddressEvent =
  /** The Ask button, or `/ask`. */
  | { readonly kind: 'asked'; readonly personId: string; readonly atMs: number }
  /** Work on an answer to them began; until it ends they may go on without a name. */
  | { readonly kind: 'answering'; readonly personId: string; readonly atMs: number }
  /** The answer ended, was stopped or failed: the windows after it count from here. */
  | {
      readonly kind: 'answered';
      readonly personId: string;
      readonly atMs: number;
      readonly endsInQuestion: boolean;
    }
  /** Further speech of a person in ms, up to `atMs`; several events add up. */
  | {
      readonly kind: 'talked';
      readonly personId: string;
      readonly ms: number;
      readonly atMs: number;
    }
  | { readonly kind: 'left'; readonly personId: string };

const mostWindows = 100;

/**
 * One step of addressing: the people who need no name. A window that is over is kept until its last words must have been
 * judged.
 */
export function stepAddressing(
  attention: AddressingState,
  event: AddressEvent,
  rules: AddressingRules,
): AddressingState {
  const { personId } = event;
  switch (event.kind) {
    case 'asked':
      return opened(attention, event.kind, event, rules);
    case 'answering':
      return opened(attention, event.kind, event, rules);
    case 'answered': {
      const ended = closed(attention, personId, event.atMs, ['answering']);
      const kind = event.endsInQuestion ? 'reply' : 'follow-up';
      const next = opened(ended, kind, event, rules);
      return { ...next, lastMeantAtMs: Math.max(next.lastMeantAtMs, event.atMs) };
    }
    case 'talked': {
      const windows = attention.windows.map((window) =>
        window.personId === personId ? window : talkedOver(window, event, rules),
      );
      return { ...attention, windows };
    }
    case 'left': {
      const windows = attention.windows.filter((window) => window.personId !== personId);
      return { ...attention, windows };
    }
  }
}

/** Open window in which the speech began. Only Ask holds in the modes `name` and `window`: it was pressed. */
export function windowFor(
  { windows }: AddressingState,
  { speakerId, fromMs }: { readonly speakerId: string; readonly fromMs: number },
  { mode }: AddressingRules,
): 'window' | 'reply' | 'follow-up' | undefined {
  const kinds = windows
    .filter((window) => window.personId === speakerId)
    .filter((window) => fromMs >= window.fromMs && fromMs < window.untilMs)
    .map(({ kind }) => kind);
  if (kinds.includes('asked')) return 'window';
  if (mode !== 'auto' || kinds.length === 0) return undefined;
  return kinds.includes('reply') ? 'reply' : 'follow-up';
}

function opened(
  attention: AddressingState,
  kind: Window['kind'],
  { personId, atMs }: { readonly personId: string; readonly atMs: number },
  rules: AddressingRules,
): AddressingState {
  const lengths = {
    asked: rules.askWindowMs,
    answering: rules.answeringMs,
    'follow-up': rules.followUpMs,
    reply: rules.replyMs,
  };
  const untilMs = atMs + lengths[kind];
  const window = { kind, personId, fromMs: atMs, untilMs, othersMs: 0 };
  const kept = attention.windows.filter(({ untilMs }) => atMs < untilMs + rules.judgedWithinMs);
  return { ...attention, windows: [...kept, window].slice(-mostWindows) };
}

/** Closes windows of one person; words from before `atMs` still count. */
export function closed(
  attention: AddressingState,
  personId: string,
  atMs: number,
  kinds: readonly Window['kind'][],
): AddressingState {
  const windows = attention.windows.map((window) =>
    window.personId === personId && kinds.includes(window.kind)
      ? { ...window, untilMs: Math.min(window.untilMs, atMs) }
      : window,
  );
  return { ...attention, windows };
}

function talkedOver(
  window: Window,
  { ms, atMs }: { readonly ms: number; readonly atMs: number },
  { strangerMs }: AddressingRules,
): Window {
  if (window.kind !== 'follow-up' || atMs <= window.fromMs) return window;
  const othersMs = window.othersMs + Math.min(ms, atMs - window.fromMs);
  const untilMs = othersMs >= strangerMs ? Math.min(window.untilMs, atMs) : window.untilMs;
  return { ...window, othersMs, untilMs };
}

/** Takes back the speaker's windows, and counts against the spelling tolerance if the bot had just felt meant. */
export function dismissed(
  attention: AddressingState,
  personId: string,
  atMs: number,
  rules: AddressingRules,
): AddressingState {
  const kinds = ['asked', 'answering', 'follow-up', 'reply'] as const;
  const state = closed(attention, personId, atMs, kinds);
  if (atMs - attention.lastMeantAtMs > rules.aboutUsMs) return state;
  const recent = attention.dismissedAtMs.filter((past) => atMs - past < rules.dismissedWithinMs);
  const dismissedAtMs = [...recent, atMs].slice(-rules.dismissals);
  if (dismissedAtMs.length < rules.dismissals) return { ...state, dismissedAtMs };
  return { ...state, dismissedAtMs, exactUntilMs: atMs + rules.exactForMs };
}
