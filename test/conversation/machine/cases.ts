import { addressingCases } from './cases/addressing.ts';
import { bargeInCases } from './cases/barge-in.ts';
import { commandCases } from './cases/commands.ts';
import { consentCases } from './cases/consent.ts';
import { placeCases } from './cases/place.ts';
import { presenceCases } from './cases/presence.ts';
import { requestsCases } from './cases/requests.ts';
import { toolsCases } from './cases/tools.ts';
import { turnsCases } from './cases/turns.ts';
import { waitingCases } from './cases/waiting.ts';
import type { ConversationCase } from './conversation-case.ts';

export const conversationCases: readonly ConversationCase[] = [
  ...turnsCases,
  ...addressingCases,
  ...bargeInCases,
  ...waitingCases,
  ...toolsCases,
  ...consentCases,
  ...requestsCases,
  ...placeCases,
  ...commandCases,
  ...presenceCases,
];
