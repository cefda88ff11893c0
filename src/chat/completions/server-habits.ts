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
    what: 'its answers begin inside a thought that only ends with a mark',
    mend: 'start it with a reasoning parser (vLLM, SGLang: --reasoning-parser; llama.cpp: --jinja --reasoning-format auto)',
  },
  template: {
    what: 'its answers hold tokens of the prompt template',
    mend: 'correct the end-of-turn token or the chat template of the model (llama.cpp: --jinja; Ollama: PARAMETER stop; LM Studio: prompt template)',
  },
  parser: (name) => ({
    what: 'it writes calls of tools as text',
    mend: `start it with a tool parser (vLLM: --enable-auto-tool-choice --tool-call-parser ${name ?? 'of the model'}; SGLang: --tool-call-parser; llama.cpp: --jinja)`,
  }),
  unknownMark: (mark) => ({
    what: `its answers hold ${formatMark(mark)}, which is left out`,
    mend: 'start it with the chat template and the parsers of the model (vLLM, SGLang: --reasoning-parser and --tool-call-parser; llama.cpp: --jinja), or report the mark to Parley',
  }),
  whole: {
    what: 'it does not stream, so that every answer begins late',
    mend: 'turn streaming on, or choose a server that streams',
  },
  thinking: {
    what: 'it thinks longer than it speaks, although thinking was asked off',
    mend: 'turn thinking off on that server (Ollama: a model without thinking; llama.cpp: --reasoning-budget 0; vLLM: --default-chat-template-kwargs \'{"enable_thinking": false}\'), or choose a model that does not think',
  },
  cut: (maxTokens) => ({
    what: `an answer was cut at its longest length${maxTokens < Infinity ? ` (${maxTokens} tokens)` : ''}`,
    mend: 'turn off thinking, or ask for shorter answers in BOT_INSTRUCTIONS',
  }),
};

/** A model may write words of people between the brackets of a mark, which no log may hold. */
const namableMark =
  /^[<[\u25c1]\/?[|\uff5c]?[\w:.\u2581-]{1,32}(?:[|\uff5c][\w:.\u2581-]{1,32})?[|\uff5c]?[>\]\u25b7]?$/;

function formatMark(mark: string) {
  if (mark === 'base64') return 'sound or pictures in base64';
  return namableMark.test(mark) ? `the unknown mark ${mark}` : 'an unknown mark';
}

/** Describes a fault that shows in an answer. */
export function describeFault(fault: Exclude<TextFault, 'no thoughts'>): ServerHabit {
  if (typeof fault === 'string') return serverHabits[fault];
  return 'parser' in fault
    ? serverHabits.parser(fault.parser)
    : serverHabits.unknownMark(fault.unknownMark);
}
