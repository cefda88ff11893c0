import {
  admitCode,
  admitLiteral,
  admitSetting,
  writeSentence,
} from '#src/base/logged-text.ts';
import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';
import type { TextFault } from './answer-text.ts';

/** Habits of chat servers. */
export interface ServerHabits {
  readonly thoughts: ServerHabit;
  readonly template: ServerHabit;
  readonly whole: ServerHabit;
  readonly thinking: ServerHabit;
  /** Describes calls written as text, which a tool parser of this name would read, if it is known. */
  parser(name: string | undefined): ServerHabit;
  /** Describes a mark that no table has. */
  unknownMark(mark: string): ServerHabit;
  /** Describes an answer that was cut at so many tokens. */
  cut(maxTokens: number): ServerHabit;
}

/** The habits that the bot corrects. */
export const serverHabits: ServerHabits = {
  thoughts: {
    what: writeSentence`its answers begin inside a thought that only ends with a mark`,
    mend: writeSentence`start it with a reasoning parser (vLLM, SGLang: --reasoning-parser; llama.cpp: --jinja --reasoning-format auto)`,
  },
  template: {
    what: writeSentence`its answers hold tokens of the prompt template`,
    mend: writeSentence`correct the end-of-turn token or the chat template of the model (llama.cpp: --jinja; Ollama: PARAMETER stop; LM Studio: prompt template)`,
  },
  parser: (name) => ({
    what: writeSentence`it writes calls of tools as text`,
    mend: writeSentence`start it with a tool parser (vLLM: --enable-auto-tool-choice --tool-call-parser ${admitSetting(name ?? 'of the model')}; SGLang: --tool-call-parser; llama.cpp: --jinja)`,
  }),
  unknownMark: (mark) => ({
    what: writeSentence`its answers hold ${formatMark(mark)}, which is left out`,
    mend: writeSentence`start it with the chat template and the parsers of the model (vLLM, SGLang: --reasoning-parser and --tool-call-parser; llama.cpp: --jinja), or report the mark to Parley`,
  }),
  whole: {
    what: writeSentence`it does not stream, so that every answer begins late`,
    mend: writeSentence`turn streaming on, or choose a server that streams`,
  },
  thinking: {
    what: writeSentence`it thinks longer than it speaks, although thinking was asked off`,
    mend: writeSentence`turn thinking off on that server (Ollama: a model without thinking; llama.cpp: --reasoning-budget 0; vLLM: --default-chat-template-kwargs '{"enable_thinking": false}'), or choose a model that does not think`,
  },
  cut: (maxTokens) => ({
    what: writeSentence`an answer was cut at its longest length${maxTokens < Infinity ? writeSentence` (${maxTokens} tokens)` : admitLiteral('')}`,
    mend: writeSentence`turn off thinking, or ask for shorter answers in BOT_INSTRUCTIONS`,
  }),
};

/** Names a mark made of words of codes alone, since a model may write words of people between its brackets. */
function formatMark(mark: string) {
  if (mark === 'base64') return writeSentence`sound or pictures in base64`;
  const [word = ''] = /[\w:.\u2581-]+/.exec(mark) ?? [];
  const isOneWord = mark.replace(/[<>[\]/|\u25c1\u25b7\uff5c]/g, '') === word;
  return isOneWord && admitCode(word, undefined)
    ? writeSentence`the unknown mark ${admitSetting(mark)}`
    : writeSentence`an unknown mark`;
}

/** Describes a fault that shows in an answer. */
export function describeFault(fault: Exclude<TextFault, 'no thoughts'>): ServerHabit {
  if (typeof fault === 'string') return serverHabits[fault];
  return 'parser' in fault
    ? serverHabits.parser(fault.parser)
    : serverHabits.unknownMark(fault.unknownMark);
}
