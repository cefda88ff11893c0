import { BotError, type ErrorCode } from '#src/base/errors.ts';
import type { ChatStep } from '#test/fakes/fake-chat.ts';

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
