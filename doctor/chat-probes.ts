import { BotError, getErrorMessage } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel } from '#src/chat/chat-model.ts';
import { tools as ownTools } from '#src/features/features.ts';
import { writeAnswer } from '#src/pipeline/written-answer.ts';
import {
  type Finding,
  type Probe,
  toDifferingFinding,
  toOkFinding,
} from '#src/probes/probe.ts';
import { formatFailure } from '#src/provider/models/error-text.ts';

/** A chat model to examine. */
export type ExaminedModel = { readonly model: ChatModel };

const pingTool = {
  name: 'ping',
  description: 'Answers pong. Call it whenever ping is mentioned.',
  parameters: { type: 'object', properties: {} },
} as const;
const otherModelRemedy =
  'update that server, or choose another model: the bot runs the tool and cannot answer then';

/**
 * Has a tool called, and the answer to its result written, as the bot does.
 *
 * @example
 * import { toolsProbe } from '#doctor/chat-probes.ts';
 * import { realClock } from '#src/base/clock.ts';
 * import type { ChatModel } from '#src/chat/chat-model.ts';
 * import { tryProbe } from '#src/probes/probe.ts';
 *
 * declare const model: ChatModel;
 * const { verdict } = await tryProbe(toolsProbe, { model }, { clock: realClock, deadlineMs: 5_000 });
 * console.log(verdict);
 */
export const toolsProbe: Probe<ExaminedModel> = {
  name: 'tools',
  async run({ model }, _clock, signal) {
    let runs = 0;
    let textAfterCall = '';
    const toolHost = {
      run: async () => {
        runs++;
        textAfterCall = '';
        return { content: 'pong' };
      },
    };
    const prompt = [toQuestion('Call the tool ping, then say what it answered.')];
    const request = { chat: model, prompt, tools: [pingTool], host: toolHost };
    try {
      for await (const part of writeAnswer(request, signal))
        if (part.kind === 'text') textAfterCall += part.text;
    } catch (error) {
      signal.throwIfAborted();
      if (runs === 0) throw error;
      return describeLostRound(error);
    }
    return judgeToolRound(runs, textAfterCall);
  },
};

function judgeToolRound(runs: number, textAfterCall: string): Finding {
  if (runs === 0)
    return toDifferingFinding(
      'tools',
      'the model answered in words and called no tool',
      'nothing to do; if the bot must use tools, choose a model that calls them',
    );
  if (textAfterCall.trim() !== '')
    return toOkFinding('tools', 'the model called the tool');
  const silence = 'the model called the tool, and said nothing to its result';
  return toDifferingFinding('tools', silence, otherModelRemedy);
}

/** Describes an error in the round after a call, in which people would be promised what nobody tells them. */
function describeLostRound(error: unknown): Finding {
  const isTold = error instanceof BotError;
  const failure = isTold ? formatFailure(error) : getErrorMessage(error);
  const mend = (isTold ? error.about.remedy : undefined) ?? otherModelRemedy;
  const reason = `the model called the tool, but the request with its result failed: ${failure}`;
  return { ...toDifferingFinding('tools', reason, mend), error };
}

const conversation: readonly ChatMessage[] = [
  {
    role: 'system',
    content: 'You are a voice in a call. Answer in one short sentence.',
  },
  toQuestion('This is a test. Say the word: one'),
  { role: 'assistant', content: 'One.' },
  toQuestion('Now say the word: two'),
];

/** Asks a second question after an answer, with the bot's own tools, as most requests of the bot are. */
export const conversationProbe: Probe<ExaminedModel> = {
  name: 'conversation',
  async run({ model }, _clock, signal) {
    let isAnswered = false;
    try {
      for await (const part of model.reply(conversation, ownTools, signal))
        isAnswered ||=
          part.kind === 'tool' || (part.kind === 'text' && part.text.trim() !== '');
    } catch (error) {
      // An empty answer may be the mood of a small model.
      if (!(error instanceof BotError && error.code === 'provider.empty')) throw error;
    }
    if (isAnswered)
      return toOkFinding(
        'conversation',
        `a second question was answered, with the bot's own ${ownTools.length} tools`,
      );
    return toDifferingFinding(
      'conversation',
      'a second question in a row got no answer',
      'choose another model, or another server',
    );
  },
};

function toQuestion(content: string): ChatMessage {
  return { role: 'user', name: 'Check', content };
}
