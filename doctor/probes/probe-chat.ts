import {
  differs,
  type ExaminationResult,
  failed,
  missing,
  ok,
  type ReportLine,
} from '#doctor/finding.ts';
import { isBuffered, pace } from '#doctor/recorded-fetch.ts';
import { attempt, isAbsent, type ServerUnderTest, shownUrl } from '#doctor/server-under-test.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import type { ChatMessage, ChatPart, Tool } from '#src/chat/ports.ts';
import { isReport } from '#src/chat/usage.ts';
import { bufferMend, mendOf } from './mends.ts';

/** Thoughts of a model that reasons included. */
const maxTokens = 1000;
const counting: ChatMessage = {
  role: 'user',
  name: 'Doctor',
  content: 'Count from one to twenty in words, nothing else.',
};
const calling: ChatMessage = { role: 'user', name: 'Doctor', content: 'Call the tool ping.' };
const ping: Tool = {
  name: 'ping',
  description: 'Answers pong. Call it whenever ping is mentioned.',
  parameters: { type: 'object', properties: {} },
};

const toolsMend = 'nothing to do; if the bot must use tools, choose a model that calls them';

/** Two short questions, at most 2000 tokens. */
export async function probeChat(
  server: ServerUnderTest,
  model: string,
): Promise<ExaminationResult> {
  const chat = openChatModel(server.client, { model, maxTokens });
  const ask = (message: ChatMessage, tools: readonly Tool[]) =>
    attempt(server, (signal) => Array.fromAsync(chat.reply([message], tools, signal)));
  const answer = await ask(counting, []);
  if (answer.kind === 'failed') {
    const state = isAbsent(server) ? 'absent' : 'broken';
    return failed(
      state,
      missing('chat', `${model}: ${answer.error.message}`, mendOf(answer.error, 'CHAT_COMPLETION')),
    );
  }
  const findings = [streamOf(server, model), usageOf(answer.value), reasoningOf(server)];
  const called = await ask(calling, [ping]);
  const tools =
    called.kind === 'failed'
      ? missing('chat tools', called.error.message, toolsMend)
      : toolsOf(called.value);
  return {
    findings: [...findings.filter((finding) => finding !== undefined), tools],
    state: 'usable',
    settings: [`CHAT_COMPLETION_BASE_URL=${shownUrl(server)}`, `CHAT_COMPLETION_MODEL=${model}`],
  };
}

function streamOf({ recorded }: ServerUnderTest, model: string): ReportLine {
  if (!recorded.last)
    return differs('chat', `${model} answers`, 'nothing to do: the speed was not measured');
  const how = `${model}: ${pace(recorded.last)}`;
  const isLate =
    isBuffered(recorded.last) && recorded.last.lastByteMs - recorded.last.firstByteMs < 30;
  if (isLate)
    return differs('chat', `${how}; all words come at once: a proxy may buffer them`, bufferMend);
  return ok('chat', recorded.last.pieces > 1 ? `${how}; streamed` : how);
}

function usageOf(parts: readonly ChatPart[]): ReportLine {
  const usage = parts.flatMap((part) => (part.kind === 'usage' ? [part.usage] : [])).find(isReport);
  if (!usage)
    return differs(
      'chat usage',
      'the server does not report it; the bot estimates it from the length',
      'nothing to do; if budgets must be exact, choose a server that reports usage',
    );
  return ok('chat usage', `${usage.inputTokens} tokens in, ${usage.outputTokens} out`);
}

function reasoningOf({ recorded }: ServerUnderTest): ReportLine | undefined {
  const text = recorded.last?.head.toString() ?? '';
  const field = /"(reasoning|reasoning_content)"\s*:\s*"[^"]/.exec(text)?.[1];
  const where = field ?? (/<think(ing)?>/.test(text) ? '<think>' : undefined);
  if (!where) return undefined;
  return differs(
    'chat reasoning',
    `the model reasons first (${where}): the bot does not speak it, but answers start later`,
    'choose a model that does not reason first, or turn reasoning off at its server',
  );
}

function toolsOf(parts: readonly ChatPart[]): ReportLine {
  const call = parts.find((part) => part.kind === 'tool');
  if (call) return ok('chat tools', 'the model called the tool');
  return differs('chat tools', 'the model did not call the tool: it answered in words', toolsMend);
}
