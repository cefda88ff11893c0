import { z } from 'zod';
import { getErrorMessage } from '#src/base/errors.ts';
import type { ChatModel } from '#src/chat/chat-model.ts';
import type { EvalSetup } from './eval-setup.ts';
import type { GivenAnswer } from './scene-rules.ts';

/** Verdict of a model on one answer. */
export type JudgeVerdict = {
  /** `unusable`: the verdict has no evidence, or the reply is no verdict. */
  readonly kind: 'passes' | 'fails' | 'unusable';
  /** Quoted words of the answer that decide the verdict, or why the verdict is unusable. */
  readonly evidence: string;
};

type JudgedAnswer = Pick<GivenAnswer, 'transcript' | 'text'> & {
  readonly rubric: string;
};

const judgeInstructions = `You judge one answer of a voice assistant in a voice channel, by one rule alone. You get what people said, the answer, and the rule.
Reply with JSON alone: {"passes": true or false, "quote": "words of the answer that decide it, copied exactly"}.`;

const verdictSchema = z.object({ passes: z.boolean(), quote: z.string().min(1) });
const maxJudgeMs = 60_000;

/** Asks the model of a set-up whether an answer keeps a rule. Never throws: a server that fails makes the verdict `unusable`. */
export async function judgeAnswer(
  { chat }: Pick<EvalSetup, 'chat'>,
  { transcript, text, rubric }: JudgedAnswer,
): Promise<JudgeVerdict> {
  const request = `People said:\n${transcript}\n\nAnswer: ${text}\n\nRule: ${rubric}`;
  const reply = await askText(chat, request).catch(getErrorMessage);
  const [json = ''] = /\{[\s\S]*\}/.exec(reply) ?? [];
  const parsed = verdictSchema.safeParse(parseJson(json));
  if (!parsed.success)
    return { kind: 'unusable', evidence: `the judge gives no verdict: "${reply}"` };
  const { passes, quote } = parsed.data;
  if (!toPlainWords(text).includes(toPlainWords(quote))) {
    return {
      kind: 'unusable',
      evidence: `the judge quotes what nobody said: "${quote}"`,
    };
  }
  return { kind: passes ? 'passes' : 'fails', evidence: `"${quote}"` };
}

async function askText(chat: ChatModel, content: string) {
  const messages = [
    { role: 'system', content: judgeInstructions },
    { role: 'user', name: '', content },
  ] as const;
  let text = '';
  for await (const part of chat.reply(messages, [], AbortSignal.timeout(maxJudgeMs))) {
    if (part.kind === 'text') text += part.text;
  }
  return text;
}

function parseJson(text: string) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Words alone, in small letters. */
function toPlainWords(text: string) {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
