import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { tools } from '#src/features/features.ts';
import type { StoredConsent } from '#src/people/consent.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { Caps } from '#src/spending/budget-authority.ts';
import type { ChatStep } from '#test/fakes/fake-chat.ts';
import { type openBudgets, toUsd } from '#test/fakes/fake-spending.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  adam,
  type FixtureOptions,
  makePerson,
  type SessionFixture,
} from './session-fixture.ts';

/** State before a script begins. */
export type ScriptStart = Omit<FixtureOptions, 'pieces' | 'caps' | 'clock'> & {
  /** People in the channel; default: Adam and Eva. */
  readonly people?: readonly ChannelMember[];
  /** Consents in the store. */
  readonly stored?: Readonly<Record<string, StoredConsent>>;
  /** Adam has not called the bot, and nobody was greeted. */
  readonly isUncalled?: true;
  /** Pieces of 100 ms of each spoken text; `natural`: as many as it takes. */
  readonly pieces?: number | 'natural';
  /** Most that a person and the server may spend a day, in US dollars. */
  readonly caps?: Partial<Caps>;
  readonly clock?: VirtualClock;
  readonly tariff?: NonNullable<Parameters<typeof openBudgets>[1]>['tariff'];
  /** What scripts cannot say, by the word after `do`. */
  readonly acts?: Readonly<Record<string, (fixture: SessionFixture) => unknown>>;
};

/** What a script says in its first line, as in `with notice, eva always, natural`. */
export function parseSetting(setting = ''): ScriptStart {
  const starts = setting.split(', ').map(parsePart);
  const stored = Object.assign({}, ...starts.map((part) => part.stored));
  return Object.assign({}, ...starts, { stored });
}

const usualStart: Readonly<Record<string, ScriptStart>> = {
  notice: { consent: { policy: 'notice' } },
  natural: { pieces: 'natural' },
  uncalled: { isUncalled: true },
  alone: { people: [adam] },
  tools: { tools },
  priced: { caps: {} },
  '': {},
};

function parsePart(part: string): ScriptStart {
  const [first = '', ...rest] = part.split(' ');
  if (first === 'people') return { people: rest.map(makeNamed) };
  if (first === 'share') return { caps: { personDay: toUsd(Number(rest[0])) } };
  if (first === 'from')
    return { clock: new VirtualClock(Date.parse(`2026-11-20T${rest[0]}Z`)) };
  if (first === 'budget') return { caps: { serverDay: toUsd(Number(rest[0])) } };
  if (first === 'auto' || first === 'name' || first === 'window' || first === 'off')
    return { addressing: first };
  return usualStart[first] ?? { stored: { [first]: { kind: rest[0] as 'always' } } };
}

export function makeNamed(name: string): ChannelMember {
  return makePerson(name.charAt(0).toUpperCase() + name.slice(1));
}

/** `!` before a code: it is no use to try again. */
export function makeError(code = '') {
  const name = code.replace('!', '') || 'provider.refused';
  return new BotError(name as ErrorCode, !code.startsWith('!'), 'It failed.');
}

/** `wait 3000`, `stall`, `fail CODE`, `usage IN OUT`, `call NAME {...}`; anything else is text. */
export function parseRound(text: string): ChatStep[] {
  return text.split(' | ').map((step): ChatStep => {
    const [, word, rest = ''] = /^(wait|fail|call|stall|usage) ?(.*)$/.exec(step) ?? [];
    if (word === 'wait') return { waitMs: Number(rest) };
    if (word === 'stall') return 'stall';
    if (word === 'fail') return { error: makeError(rest) };
    if (word === 'usage') return { usage: readUsage(rest) };
    const [name = '', argumentsJson = '{}'] = rest.split(/ (?=\{)/);
    return word === 'call' ? { call: { id: name, name, argumentsJson } } : step;
  });
}

function readUsage(tokens: string) {
  const [inputTokens = 0, outputTokens = 0] = tokens.split(' ').map(Number);
  return { inputTokens, outputTokens };
}
