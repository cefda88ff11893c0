import type { ServerHabit } from '#src/provider/negotiation/server-knowledge.ts';

/** Habits of chat servers. */
export interface ServerHabits {
  readonly thoughts: ServerHabit;
  readonly template: ServerHabit;
  readonly whole: ServerHabit;
  readonly thinking: ServerHabit;
  /** Describes calls written as text, which a tool parser of this name would read. */
  parser(name: string): ServerHabit;
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
    mend: `start it with a tool parser (vLLM: --enable-auto-tool-choice --tool-call-parser ${name}; SGLang: --tool-call-parser; llama.cpp: --jinja)`,
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
