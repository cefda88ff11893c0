import {
  type ConversationRules,
  conversationRules,
} from '#src/conversation/machine/conversation-rules.ts';

/** The rules of every session, with small memories that a short talk fills. */
export const simulatedRules: ConversationRules = {
  ...conversationRules,
  maxParts: 3,
  maxExchanges: 6,
};
