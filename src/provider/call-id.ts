import { randomUUID } from 'node:crypto';

const idChars = 9;

/**
 * Creates an id for a call that came without one. Mistral takes only ids of nine letters and digits:
 * https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/protocol/instruct/validator.py
 */
export function createCallId(): string {
  return randomUUID().replaceAll('-', '').slice(-idChars);
}
